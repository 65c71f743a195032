import { callUnaryMethod, useTransport } from "@connectrpc/connect-query";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Issue, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { failure } from "@/lib/errors";
import { plural } from "@/lib/format";
import { toast } from "@/ui/toast";
import { holdCaches, patchCaches, refreshAfterChange, refreshLists, type Workflow, workflowOf } from "./cache";
import { offerUndo } from "./undo";
import { issueName, type Status } from "./words";

type Transport = ReturnType<typeof useTransport>;
type Change = { status?: Status; assignee?: string };

function named(issues: Issue[]): string {
  const [first] = issues;
  return issues.length === 1 && first ? issueName(first) : plural(issues.length, "issue");
}

function expected(issue: Issue, change: Change): Partial<Workflow> {
  const p: Partial<Workflow> = {};
  if (change.assignee !== undefined) p.assignee = change.assignee;
  if (change.status !== undefined && change.status !== issue.status) {
    p.status = change.status;
    p.substatus = change.status === "unresolved" ? "ongoing" : "";
    p.statusReason = "by_user";
  }
  return p;
}

/** Sends a change; the page shows it at once and takes it back if the server refuses. */
async function apply(client: QueryClient, transport: Transport, issues: Issue[], change: Change): Promise<boolean> {
  const before = new Map(issues.map((i) => [i.id, workflowOf(i)]));
  await holdCaches(client);
  patchCaches(client, new Map(issues.map((i) => [i.id, expected(i, change)])));
  try {
    const { issues: after } = await callUnaryMethod(transport, QueryService.method.batchUpdateIssues, {
      issueIds: issues.map((i) => i.id),
      ...change,
    });
    patchCaches(client, new Map(after.map((i) => [i.id, workflowOf(i)])));
    refreshAfterChange(client);
    return true;
  } catch (err) {
    patchCaches(client, before);
    const f = failure(err);
    toast({
      bad: true,
      text: `${named(issues)} not changed`,
      detail: `${f.title}: ${f.detail}.${f.requestId ? ` Request ${f.requestId}.` : ""}`,
    });
    return false;
  }
}

/** Puts every issue back to where it was, one request for each state they came from. */
async function restore(client: QueryClient, transport: Transport, issues: Issue[], change: Change) {
  const groups = new Map<string, { change: Change; issues: Issue[] }>();
  for (const i of issues) {
    const back: Change = {};
    if (change.status !== undefined) back.status = i.status as Status;
    if (change.assignee !== undefined) back.assignee = i.assignee;
    const key = JSON.stringify(back);
    const g = groups.get(key) ?? { change: back, issues: [] };
    g.issues.push(i);
    groups.set(key, g);
  }
  for (const g of groups.values()) await apply(client, transport, g.issues, g.change);
}

const done: Record<Status, string> = {
  resolved: "Resolved",
  archived: "Archived",
  unresolved: "Reopened",
};

/** What people do to issues, each with an undo. */
export function useIssueActions() {
  const client = useQueryClient();
  const transport = useTransport();
  return useMemo(() => {
    const run = async (issues: Issue[], change: Change, text: string) => {
      if (issues.length === 0) return;
      if (await apply(client, transport, issues, change))
        offerUndo(text, () => void restore(client, transport, issues, change));
    };
    return {
      setStatus: (issues: Issue[], status: Status) => run(issues, { status }, `${done[status]} ${named(issues)}`),
      assign: (issues: Issue[], assignee: string) =>
        run(
          issues,
          { assignee },
          assignee ? `Assigned ${named(issues)} to ${assignee}` : `Unassigned ${named(issues)}`,
        ),
      async merge(issues: Issue[]) {
        // The issue with the longest history keeps its name.
        const [into, ...rest] = [...issues].sort((a, b) =>
          Number((a.firstSeen?.seconds ?? 0n) - (b.firstSeen?.seconds ?? 0n)),
        );
        if (!into || rest.length === 0) return;
        const request = { intoIssueId: into.id, issueIds: rest.map((i) => i.id) };
        try {
          await callUnaryMethod(transport, QueryService.method.mergeIssues, request);
          refreshLists(client);
          offerUndo(`Merged ${plural(rest.length, "issue")} into ${issueName(into)}`, () => {
            callUnaryMethod(transport, QueryService.method.mergeIssues, { ...request, undo: true })
              .then(() => refreshLists(client))
              .catch((err: unknown) => toast({ bad: true, text: "Not taken apart", detail: failure(err).detail }));
          });
        } catch (err) {
          toast({ bad: true, text: `${named(issues)} not merged`, detail: failure(err).detail });
        }
      },
    };
  }, [client, transport]);
}

/** Whether issues can become one: several, of one project. */
export function mergeable(issues: Issue[]): boolean {
  return issues.length > 1 && issues.every((i) => i.projectId === issues[0]?.projectId);
}

/** What "e" and "i" do next: the state, or open again if it has it already. */
export function toggled(issues: Issue[], status: Status): Status {
  return issues.every((i) => i.status === status) ? "unresolved" : status;
}
