import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type Issue, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { isAbsolute, rangeInput } from "@/lib/range";
import { defaultQuery, type IssuesSearch } from "../search";
import { leftOut } from "../words";
import { useReadAt } from "./read-at";

/** How often a list is read again; a list of all projects asks each of them. */
export function refreshMs(projectId: number): number {
  return projectId === 0 ? 60_000 : 15_000;
}

/** Shows what moved in place; order and membership stay until the person asks for more. */
function refreshed(shown: Issue[], fresh: readonly Issue[]): Issue[] {
  const byId = new Map(fresh.map((i) => [i.id, i]));
  return shown.map((i) => byId.get(i.id) ?? i);
}

/** The issues of a project, or with 0 of all. */
export function useIssueList(projectId: number, search: IssuesSearch) {
  const query = search.query ?? defaultQuery;
  const key = JSON.stringify([projectId, search]);
  const { at, again: showNew } = useReadAt(key);

  const input = useMemo(
    () => ({
      projectId,
      query,
      sort: search.sort ?? "last_seen",
      environment: search.env ?? "",
      sparkline: 24,
      pageSize: 50,
      ...rangeInput(search, at),
    }),
    [projectId, query, search, at],
  );
  const list = useInfiniteQuery(
    QueryService.method.listIssues,
    { ...input, pageToken: "" },
    {
      pageParamKey: "pageToken",
      getNextPageParam: (last) => last.nextPageToken || undefined,
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY,
    },
  );
  const live = useQuery(
    QueryService.method.listIssues,
    { ...input, end: undefined },
    {
      enabled: list.isSuccess && !isAbsolute(search),
      refetchInterval: refreshMs(projectId),
      staleTime: refreshMs(projectId),
      retry: false,
    },
  );

  const loaded = useMemo(() => list.data?.pages.flatMap((p) => p.issues) ?? [], [list.data]);
  const fresh = live.data?.issues ?? [];
  const issues = useMemo(
    () => refreshed(loaded, live.data?.issues ?? []).filter((i) => !leftOut(query, i)),
    [loaded, live.data, query],
  );

  const have = new Set(loaded.map((i) => i.id));
  const unseen = list.isPlaceholderData ? [] : fresh.filter((i) => !have.has(i.id) && !leftOut(query, i));
  const isNew = (i: Issue) => i.firstSeen !== undefined && timestampMs(i.firstSeen) > at - 60_000;

  // Nothing is under the pointer in an empty list: it fills by itself.
  const fillsItself = unseen.length > 0 && loaded.length === 0;
  useEffect(() => {
    if (fillsItself) showNew();
  }, [fillsItself, showNew]);

  return {
    query,
    issues,
    list,
    live,
    news: { fresh: unseen.filter(isNew).length, moved: unseen.filter((i) => !isNew(i)).length },
    showNew,
  };
}
