// @vitest-environment happy-dom
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test } from "vitest";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { createQueryClient } from "@/lib/client";
import { queryService } from "../../../dev/query-service.ts";
import { makeStore } from "../../../dev/store.ts";
import { mergeable, useIssueActions } from "./actions";
import { useIssueList } from "./list/data";
import { undoLast } from "./undo";

/** The list and its actions over the fixture server, as the page uses them. */
function setup({ refuse = false, projectId = 2 } = {}) {
  const store = makeStore();
  const service = queryService(store);
  const transport = createRouterTransport((r) =>
    r.service(
      QueryService,
      refuse
        ? {
            ...service,
            batchUpdateIssues: () => {
              throw new ConnectError("the meta store is away", Code.FailedPrecondition);
            },
          }
        : service,
    ),
  );
  const client = createQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <TransportProvider transport={transport}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </TransportProvider>
  );
  const search = {};
  const hook = renderHook(() => ({ list: useIssueList(projectId, search), actions: useIssueActions() }), { wrapper });
  return { store, hook, ids: () => hook.result.current.list.issues.map((i) => i.id) };
}

test("a resolved issue leaves the list at once, and comes back when that is undone", async () => {
  const { store, hook, ids } = setup();
  await waitFor(() => expect(ids().length).toBe(3));
  const [first] = hook.result.current.list.issues;
  if (!first) throw new Error("no issue");

  await act(() => hook.result.current.actions.setStatus([first], "resolved"));
  await waitFor(() => expect(ids()).not.toContain(first.id));
  const known = () => store.issues.get(2)?.find((i) => i.id === first.id)?.status;
  expect(known()).toBe("resolved");

  act(() => undoLast());
  await waitFor(() => expect(ids()).toContain(first.id));
  await waitFor(() => expect(known()).toBe("unresolved"));
});

test("when the server refuses, the old state comes back and says why", async () => {
  const { hook, ids } = setup({ refuse: true });
  await waitFor(() => expect(ids().length).toBe(3));
  const before = ids();
  const [first] = hook.result.current.list.issues;
  if (!first) throw new Error("no issue");
  await act(() => hook.result.current.actions.setStatus([first], "resolved"));
  await waitFor(() => expect(ids()).toEqual(before));
});

test("an issue that arrives waits at the top instead of moving what is shown", async () => {
  const { store, hook, ids } = setup();
  await waitFor(() => expect(ids().length).toBe(3));
  const shown = ids();
  const one = store.issues.get(2)?.[0];
  if (!one) throw new Error("no issue");
  store.issues.get(2)?.unshift({
    ...one,
    id: "00000000000000000000000000000new",
    firstSeen: {
      ...one.firstSeen,
      $typeName: "google.protobuf.Timestamp",
      seconds: BigInt(Math.floor(Date.now() / 1000)),
      nanos: 0,
    },
  });
  await act(() => hook.result.current.list.live.refetch());
  await waitFor(() => expect(hook.result.current.list.news.fresh).toBe(1));
  expect(ids()).toEqual(shown);
  act(() => hook.result.current.list.showNew());
  await waitFor(() => expect(ids()).toHaveLength(4));
});

test("a list of all projects holds each project's issues, and they are resolved together", async () => {
  const { store, hook, ids } = setup({ projectId: 0 });
  await waitFor(() => expect(ids().length).toBeGreaterThan(3));
  const { issues } = hook.result.current.list;
  const a = issues.find((i) => i.projectSlug === "web");
  const b = issues.find((i) => i.projectSlug === "worker");
  if (!a || !b) throw new Error("a project is missing");

  await act(() => hook.result.current.actions.setStatus([a, b], "resolved"));
  await waitFor(() => expect(ids()).not.toContain(a.id));
  expect(ids()).not.toContain(b.id);
  for (const i of [a, b]) expect(store.issues.get(i.projectId)?.find((x) => x.id === i.id)?.status).toBe("resolved");

  expect(mergeable([a, b])).toBe(false);
  expect(mergeable([a])).toBe(false);
  expect(mergeable(issues.filter((i) => i.projectSlug === "web"))).toBe(true);
});

test("a list of all projects goes on where the page before ended", async () => {
  const { hook, ids } = setup({ projectId: 0 });
  await waitFor(() => expect(ids().length).toBeGreaterThan(3));
  const first = ids().length;
  await act(() => hook.result.current.list.list.fetchNextPage());
  await waitFor(() => expect(ids().length).toBeGreaterThan(first));
  expect(new Set(ids()).size).toBe(ids().length);
});
