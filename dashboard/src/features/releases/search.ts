import { parseRange, type Range } from "@/lib/range";
import { oneOf, text } from "@/lib/text";

/** What the table can be sorted by, each with the direction that answers a question. */
export const sorts = ["sessions", "release", "crash_free_sessions", "crash_free_users", "users"] as const;
export type Sort = (typeof sorts)[number];

type ReleasesSearch = Range & { by?: Sort; reverse?: boolean; env?: string };

export function releasesSearch(raw: Record<string, unknown>): ReleasesSearch {
  const by = oneOf(raw.by, sorts);
  return {
    ...parseRange(raw),
    by: by === "sessions" ? undefined : by,
    reverse: raw.reverse === true || raw.reverse === "true" ? true : undefined,
    env: text(raw.env),
  };
}
