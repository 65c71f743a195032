import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type Issue, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { isAbsolute, rangeInput } from "@/lib/range";
import { defaultQuery, type IssuesSearch } from "../search";
import { leftOut } from "../words";

const REFRESH_MS = 15_000;
const REMEMBER_MS = 5 * 60_000;

// When each list was last read from the top: coming back shows it as it was left.
const reads = new Map<string, number>();

function readAt(key: string): number {
  const at = reads.get(key);
  if (at !== undefined && Date.now() - at < REMEMBER_MS) return at;
  const now = Date.now();
  reads.set(key, now);
  return now;
}

/** Shows what moved in place; order and membership stay until the person asks for more. */
function refreshed(shown: Issue[], fresh: readonly Issue[]): Issue[] {
  const byId = new Map(fresh.map((i) => [i.id, i]));
  return shown.map((i) => byId.get(i.id) ?? i);
}

export function useIssueList(projectId: number, search: IssuesSearch) {
  const query = search.query ?? defaultQuery;
  const key = JSON.stringify([projectId, search]);
  const [read, setRead] = useState({ key, at: readAt(key) });
  const at = read.key === key ? read.at : readAt(key);

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
      refetchInterval: REFRESH_MS,
      staleTime: REFRESH_MS,
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

  const showNew = () => {
    const now = Date.now();
    reads.set(key, now);
    setRead({ key, at: now });
  };
  // Nothing is under the pointer in an empty list: it fills by itself.
  const fillsItself = unseen.length > 0 && loaded.length === 0;
  useEffect(() => {
    if (!fillsItself) return;
    const now = Date.now();
    reads.set(key, now);
    setRead({ key, at: now });
  }, [fillsItself, key]);

  return {
    query,
    issues,
    list,
    live,
    news: { fresh: unseen.filter(isNew).length, moved: unseen.filter((i) => !isNew(i)).length },
    showNew,
  };
}
