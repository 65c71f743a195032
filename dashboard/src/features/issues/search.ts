import { parseRange, type Range } from "@/lib/range";
import { oneOf, text } from "@/lib/text";

export const sorts = ["last_seen", "first_seen", "events", "users"] as const;
export type Sort = (typeof sorts)[number];

/** What the list's URL holds. Without a query it shows what is unresolved. */
export type IssuesSearch = Range & { query?: string; sort?: Sort; env?: string };

export const defaultQuery = "is:unresolved";

export function issuesSearch(raw: Record<string, unknown>): IssuesSearch {
  const query = typeof raw.query === "number" ? String(raw.query) : raw.query;
  const sort = oneOf(raw.sort, sorts);
  return {
    ...parseRange(raw),
    query: typeof query === "string" && query !== defaultQuery ? query : undefined,
    sort: sort === "last_seen" ? undefined : sort,
    env: text(raw.env),
  };
}

/** What an issue's URL holds: which of its events is shown, the newest if none is named; or the list of its events. */
type IssueSearch = { event?: string; view?: "events"; query?: string };

export function issueSearch(raw: Record<string, unknown>): IssueSearch {
  return { event: text(raw.event), view: oneOf(raw.view, ["events"]), query: text(raw.query) };
}
