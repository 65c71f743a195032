import { useInfiniteQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { failure, isInvalid } from "@/lib/errors";
import { Button } from "@/ui/button";
import { SearchBox } from "@/ui/search-box";
import { Empty, Failed, Loading, Skeleton } from "@/ui/state";
import { Time } from "@/ui/values";

type EventsProps = {
  issueId: string;
  project: string;
  issueParam: string;
  query: string;
  onQuery: (q: string | undefined) => void;
};

/** All events of the issue, newest first, narrowed by a search. */
export function IssueEvents({ issueId, project, issueParam, query, onQuery }: EventsProps) {
  const list = useInfiniteQuery(
    QueryService.method.listIssueEvents,
    { issueId, query, pageSize: 50, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (last) => last.nextPageToken || undefined },
  );
  const events = list.data?.pages.flatMap((p) => p.events) ?? [];
  const invalid = isInvalid(list.error) ? failure(list.error).detail : undefined;
  return (
    <div className="mt-3">
      <SearchBox
        id="search"
        value={query}
        label="Search events of this issue"
        placeholder="release:1.2.* environment:production"
        error={invalid}
        onSubmit={(q) => onQuery(q || undefined)}
      />
      <div className="card mt-3 overflow-x-auto">
        {list.isPending && (
          <Loading what="events">
            {Array.from({ length: 8 }, (_, i) => (
              <div key={i} className="flex h-[var(--row)] items-center gap-6 border-b border-line px-4">
                <Skeleton className="h-3 w-24" />
                <Skeleton className="h-3 w-40" />
                <Skeleton className="h-3 w-28" />
              </div>
            ))}
          </Loading>
        )}
        {list.error && !invalid && (
          <Failed small what="Events could not be read" error={list.error} retry={() => void list.refetch()} />
        )}
        {list.isSuccess && events.length === 0 && (
          <Empty title="No event matches">No event of this issue matches the search.</Empty>
        )}
        {events.length > 0 && (
          <table className="w-full text-left text-list">
            <thead className="text-meta text-muted">
              <tr className="h-8 border-b border-line">
                <th className="px-4 font-normal">Event</th>
                <th className="px-3 font-normal">Time</th>
                <th className="px-3 font-normal max-sm:hidden">Release</th>
                <th className="px-3 font-normal max-sm:hidden">Environment</th>
                <th className="px-3 font-normal max-md:hidden">User</th>
                <th className="px-4 font-normal max-lg:hidden">Transaction</th>
              </tr>
            </thead>
            <tbody>
              {events.map((e) => (
                <tr
                  key={e.eventId}
                  className="relative h-[var(--row)] border-b border-line last:border-0 hover:bg-hover"
                >
                  <td className="px-4">
                    <Link
                      to="/p/$project/issues/$issue"
                      params={{ project, issue: issueParam }}
                      search={{ event: e.eventId }}
                      activeProps={{}}
                      className="link font-mono text-meta after:absolute after:inset-0 after:content-['']"
                    >
                      {e.eventId.slice(0, 8)}
                    </Link>
                    <span className="block max-w-44 truncate text-meta text-muted sm:hidden">
                      {[e.release, e.environment].filter(Boolean).join(" · ")}
                    </span>
                  </td>
                  <td className="relative w-px px-3 whitespace-nowrap text-muted">
                    <Time at={e.timestamp} />
                  </td>
                  <td className="max-w-48 truncate px-3 max-sm:hidden">{e.release}</td>
                  <td className="px-3 max-sm:hidden">{e.environment}</td>
                  <td className="max-w-56 truncate px-3 text-muted max-md:hidden">{e.user}</td>
                  <td className="max-w-64 truncate px-4 text-muted max-lg:hidden">{e.transaction}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {list.hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Older events
          </Button>
        </div>
      )}
    </div>
  );
}
