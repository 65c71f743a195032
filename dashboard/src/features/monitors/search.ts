import { oneOf, text } from "@/lib/text";
import { type Sort, type State, sorts, states } from "./model";

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
