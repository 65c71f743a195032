import { text } from "@/lib/text";

type TailSearch = { query?: string };

export function tailSearch(raw: Record<string, unknown>): TailSearch {
  return { query: text(raw.query) };
}
