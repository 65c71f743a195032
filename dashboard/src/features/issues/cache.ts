import { clone } from "@bufbuild/protobuf";
import { createConnectQueryKey } from "@connectrpc/connect-query";
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import {
  type GetIssueResponse,
  GetIssueResponseSchema,
  type Issue,
  IssueSchema,
  type ListIssuesResponse,
  ListIssuesResponseSchema,
  QueryService,
} from "@/gen/faultline/query/v1/query_pb";

/** The fields of an issue that people change. */
export type Workflow = Pick<Issue, "status" | "substatus" | "statusReason" | "assignee">;

export function workflowOf(i: Issue): Workflow {
  return { status: i.status, substatus: i.substatus, statusReason: i.statusReason, assignee: i.assignee };
}

const lists = {
  finite: createConnectQueryKey({ schema: QueryService.method.listIssues, cardinality: "finite" }),
  infinite: createConnectQueryKey({ schema: QueryService.method.listIssues, cardinality: "infinite" }),
};
const single = createConnectQueryKey({ schema: QueryService.method.getIssue, cardinality: "finite" });

type Patch = ReadonlyMap<string, Partial<Workflow>>;

function patchIssue(i: Issue, patch: Patch): Issue {
  const p = patch.get(i.id);
  return p ? Object.assign(clone(IssueSchema, i), p) : i;
}

function patchPage(page: ListIssuesResponse, patch: Patch): ListIssuesResponse {
  if (!page.issues.some((i) => patch.has(i.id))) return page;
  const copy = clone(ListIssuesResponseSchema, page);
  copy.issues = page.issues.map((i) => patchIssue(i, patch));
  return copy;
}

/** Writes changes into everything on the page that shows these issues. */
export function patchCaches(client: QueryClient, patch: Patch) {
  client.setQueriesData<InfiniteData<ListIssuesResponse>>(
    { queryKey: lists.infinite },
    (d) => d && { ...d, pages: d.pages.map((p) => patchPage(p, patch)) },
  );
  client.setQueriesData<ListIssuesResponse>({ queryKey: lists.finite }, (d) => d && patchPage(d, patch));
  client.setQueriesData<GetIssueResponse>({ queryKey: single }, (d) => {
    if (!d?.issue || !patch.has(d.issue.id)) return d;
    const copy = clone(GetIssueResponseSchema, d);
    copy.issue = patchIssue(d.issue, patch);
    return copy;
  });
}

/** Stops answers that are on their way and would show the old state again. */
export async function holdCaches(client: QueryClient) {
  await Promise.all([client.cancelQueries({ queryKey: lists.finite }), client.cancelQueries({ queryKey: single })]);
}

/** Asks again for what a change of these issues may have changed elsewhere. */
export function refreshAfterChange(client: QueryClient) {
  void client.invalidateQueries({
    queryKey: createConnectQueryKey({ schema: QueryService.method.listIssueActivity, cardinality: "finite" }),
  });
}

export function refreshLists(client: QueryClient) {
  void client.invalidateQueries({ queryKey: lists.infinite });
  void client.invalidateQueries({ queryKey: lists.finite });
  void client.invalidateQueries({ queryKey: single });
}
