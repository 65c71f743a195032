import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { useMemo, useState } from "react";
import { type EventSummary, QueryService } from "@/gen/faultline/query/v1/query_pb";

const LOOK_EVERY_MS = 2_000;

/** Waits for an event that is stored after the page was opened, or the first one ever. */
export function useArrival(projectId: number, isNew: boolean): { event: EventSummary | undefined; error: unknown } {
  const [since] = useState(() => Date.now());
  // The clock of the program that sends may be a little behind.
  const start = useMemo(() => timestampFromMs(isNew ? since - 30 * 86_400_000 : since - 2_000), [since, isNew]);
  const [seen, setSeen] = useState<EventSummary>();
  const q = useQuery(
    QueryService.method.listEvents,
    { projectId, start, pageSize: 1 },
    { enabled: seen === undefined, refetchInterval: LOOK_EVERY_MS, staleTime: 0, gcTime: 0, retry: false },
  );
  const [newest] = q.data?.events ?? [];
  const counts =
    newest && (isNew || (newest.timestamp !== undefined && timestampMs(newest.timestamp) >= since - 2_000));
  if (counts && !seen) setSeen(newest);
  return { event: seen, error: q.error };
}
