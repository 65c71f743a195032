import { oneOf, text } from "@/lib/text";
import { type State, states } from "./model";

/** What the table can be sorted by, each with the direction that answers a question. */
export const sorts = ["state", "name", "last", "duration", "next", "failed"] as const;
export type Sort = (typeof sorts)[number];

export type MonitorsSearch = { query?: string; env?: string; state?: State; by?: Sort; reverse?: boolean };

export function monitorsSearch(raw: Record<string, unknown>): MonitorsSearch {
  const by = oneOf(raw.by, sorts);
  return {
    query: text(raw.query),
    env: text(raw.env),
    state: oneOf(raw.state, states),
    by: by === "state" ? undefined : by,
    reverse: raw.reverse === true || raw.reverse === "true" ? true : undefined,
  };
}
