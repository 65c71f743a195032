import { parseRange, type Range } from "@/lib/range";

type OutcomesSearch = Range;

export function outcomesSearch(raw: Record<string, unknown>): OutcomesSearch {
  return parseRange(raw);
}
