import { useQuery } from "@connectrpc/connect-query";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useSession } from "@/lib/current";
import { Failed, Loading, Skeleton } from "@/ui/state";
import { Time } from "@/ui/values";
import { activityText } from "../words";

/** What people and the state machine did. */
export function ActivityList({ issueId }: { issueId: string }) {
  const { member } = useSession();
  const q = useQuery(QueryService.method.listIssueActivity, { issueId, pageSize: 30 });
  if (q.error && !q.data)
    return <Failed small what="Activity could not be read" error={q.error} retry={() => void q.refetch()} />;
  if (!q.data) {
    return (
      <Loading what="activity">
        <Skeleton className="mb-2 h-3 w-40" />
        <Skeleton className="h-3 w-28" />
      </Loading>
    );
  }
  if (q.data.activities.length === 0) return <p className="text-meta text-muted">Nothing yet.</p>;
  return (
    <ol className="flex flex-col gap-2">
      {q.data.activities.map((a) => (
        <li key={a.id} className="text-meta">
          <span className="text-ink [overflow-wrap:anywhere]">{activityText(a)}</span>
          <span className="block text-muted">
            {a.actor !== "faultline" && <>{a.actor === member?.email ? "you" : a.actor} · </>}
            <Time at={a.time} />
          </span>
        </li>
      ))}
    </ol>
  );
}
