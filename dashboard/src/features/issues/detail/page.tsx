import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createQueryOptions, useQuery, useTransport } from "@connectrpc/connect-query";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Event, type Issue, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { isNotFound } from "@/lib/errors";
import { useHotkeys } from "@/lib/hotkeys";
import { prefs } from "@/lib/prefs";
import { term } from "@/lib/terms";
import { useTitle } from "@/lib/title";
import { buttonClass } from "@/ui/button";
import { Page } from "@/ui/page";
import { Empty, Failed, Loading, Skeleton } from "@/ui/state";
import { TabBar, tabClass } from "@/ui/tabs";
import { toggled, useIssueActions } from "../actions";
import { AssignDialog } from "../assign";
import { undoLast } from "../undo";
import { issueName, type Status } from "../words";
import { AttachmentsCard } from "./attachments";
import { Breadcrumbs } from "./breadcrumbs";
import { EventNav } from "./event-nav";
import { IssueEvents } from "./events";
import { Exceptions, MessageCard, Threads } from "./exceptions";
import { ContextCards, ModulesCard, RawCard, RequestCard, TagsCard, UserCard } from "./facts";
import { Grouping } from "./grouping";
import { IssueHeader } from "./header";
import { Side } from "./side";

const isId = (s: string) => /^[0-9a-v]{32}$/.test(s);

function useIssue(param: string, eventId: string | undefined) {
  const issue = useQuery(
    QueryService.method.getIssue,
    { issueId: param },
    {
      refetchInterval: 30_000,
      placeholderData: (prev) => (prev?.issue?.id === param || prev?.issue?.shortId === param ? prev : undefined),
    },
  );
  const id = isId(param) ? param : issue.data?.issue?.id;
  const event = useQuery(
    QueryService.method.getEvent,
    { issueId: id ?? "", eventId: eventId ?? "latest" },
    {
      enabled: id !== undefined,
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
    },
  );
  // The neighbours are read ahead, so that going from event to event does not wait.
  const client = useQueryClient();
  const transport = useTransport();
  const { previousEventId, nextEventId } = event.data ?? {};
  useEffect(() => {
    for (const eventId of [previousEventId, nextEventId]) {
      if (!id || !eventId) continue;
      const options = createQueryOptions(QueryService.method.getEvent, { issueId: id, eventId }, { transport });
      void client.prefetchQuery({ ...options, staleTime: Number.POSITIVE_INFINITY });
    }
  }, [client, transport, id, previousEventId, nextEventId]);
  return { issue, event: event.data?.issueId === id || event.error ? event : { ...event, data: undefined }, id };
}

export function IssuePage() {
  const project = useProject();
  const { issue: param } = useParams({ from: "/in/p/$project/issues/$issue" });
  const search = useSearch({ from: "/in/p/$project/issues/$issue" });
  const navigate = useNavigate({ from: "/p/$project/issues/$issue" });
  const { issue: query, event, id } = useIssue(param, search.event);
  const actions = useIssueActions();
  const [assigning, setAssigning] = useState<Issue[]>();
  const issue = query.data?.issue;
  const stored = event.data;
  useTitle(issue ? `${issueName(issue)} ${issue.title}` : "Issue");

  const setStatus = (to: Status) => issue && void actions.setStatus([issue], to);
  const goEvent = (eventId: string | undefined) => {
    if (eventId === undefined && search.event === undefined) void event.refetch();
    void navigate({ search: { event: eventId }, resetScroll: false });
  };
  const pick = (key: string, value: string) => void navigate({ search: { view: "events", query: term(key, value) } });
  useHotkeys({
    e: () => issue && setStatus(toggled([issue], "resolved")),
    i: () => issue && setStatus(toggled([issue], "archived")),
    a: () => issue && setAssigning([issue]),
    j: () => stored?.previousEventId && goEvent(stored.previousEventId),
    k: () => stored?.nextEventId && goEvent(stored.nextEventId),
    u: () => {
      if (prefs.get().everywhere) void navigate({ to: "/issues" });
      else void navigate({ to: "/p/$project/issues", params: { project: project.slug } });
    },
    z: undoLast,
  });

  if (isNotFound(query.error)) {
    return (
      <Empty
        page
        title="There is no such issue"
        actions={
          <Link to="/p/$project/issues" params={{ project: project.slug }} className={buttonClass("primary")}>
            All issues
          </Link>
        }
      >
        Nothing in {project.name} is called {param}. Its events may have outlived their retention.
      </Empty>
    );
  }
  if (query.error && !query.data)
    return <Failed page what="The issue could not be read" error={query.error} retry={() => void query.refetch()} />;
  if (!issue || !query.data) return <IssueSkeleton />;

  const newer =
    search.event === undefined &&
    stored?.timestamp !== undefined &&
    issue.lastSeen !== undefined &&
    timestampMs(issue.lastSeen) > timestampMs(stored.timestamp) + 1000;
  return (
    <Page>
      <IssueHeader
        issue={issue}
        event={stored?.event}
        project={project.slug}
        onStatus={setStatus}
        onAssign={() => setAssigning([issue])}
      />
      <div className="mt-1 grid gap-4 lg:grid-cols-[minmax(0,1fr)_320px] lg:gap-6">
        <div className="min-w-0">
          <TabBar label="Views of this issue">
            <Link
              to="/p/$project/issues/$issue"
              params={{ project: project.slug, issue: param }}
              search={{}}
              className={tabClass(search.view === undefined)}
              aria-current={search.view === undefined ? "page" : undefined}
              activeProps={{}}
              resetScroll={false}
            >
              Event
            </Link>
            <Link
              to="/p/$project/issues/$issue"
              params={{ project: project.slug, issue: param }}
              search={{ view: "events" }}
              className={tabClass(search.view === "events")}
              aria-current={search.view === "events" ? "page" : undefined}
              activeProps={{}}
              resetScroll={false}
            >
              All events
            </Link>
          </TabBar>
          {search.view === "events" && id ? (
            <IssueEvents
              issueId={id}
              project={project.slug}
              issueParam={param}
              query={search.query ?? ""}
              onQuery={(q) => void navigate({ search: { view: "events", query: q } })}
            />
          ) : event.error && !stored ? (
            <Failed
              what="The event could not be read"
              error={event.error}
              retry={() => void event.refetch()}
              still="The rest of the issue is shown."
            />
          ) : stored?.event ? (
            <>
              <EventNav stored={stored} latest={search.event === undefined} newer={newer} onGo={goEvent} />
              <EventBody stored={stored} onPick={pick} />
            </>
          ) : (
            <EventSkeleton />
          )}
        </div>
        <Side data={query.data} onPick={pick} />
      </div>
      <AssignDialog
        issues={assigning}
        onClose={() => setAssigning(undefined)}
        onAssign={(who, to) => void actions.assign(who, to)}
      />
    </Page>
  );
}

function EventBody({ stored, onPick }: { stored: Event; onPick: (key: string, value: string) => void }) {
  const e = stored.event;
  if (!e) return null;
  return (
    // A new event is a new tree: what was opened in one means nothing in another.
    <div key={stored.eventId} className="flex flex-col gap-4">
      {e.exceptions.length > 0 ? <Exceptions event={e} title={stored.title} /> : null}
      {e.exceptions.length === 0 || e.message?.formatted ? <MessageCard event={e} /> : null}
      <Threads event={e} />
      <Grouping stored={stored} />
      <Breadcrumbs crumbs={e.breadcrumbs} end={stored.timestamp ? timestampMs(stored.timestamp) : 0} />
      <RequestCard event={e} />
      <div className="grid gap-4 empty:hidden sm:grid-cols-2 [&>*:only-child]:col-span-full">
        <UserCard event={e} />
        <TagsCard event={e} onPick={onPick} />
      </div>
      <ContextCards stored={stored} event={e} />
      <AttachmentsCard stored={stored} />
      <ModulesCard event={e} />
      <RawCard stored={stored} />
    </div>
  );
}

function EventSkeleton() {
  return (
    <Loading what="the event">
      <Skeleton className="my-3 h-5 w-72" />
      <div className="card p-4">
        <Skeleton className="mb-3 h-4 w-1/3" />
        <Skeleton className="mb-4 h-4 w-2/3" />
        {Array.from({ length: 11 }, (_, i) => (
          <Skeleton key={i} className={`mb-2 h-3 ${["w-3/4", "w-1/2", "w-2/3"][i % 3]}`} />
        ))}
      </div>
    </Loading>
  );
}

function IssueSkeleton() {
  return (
    <Page>
      <h1 className="sr-only">Issue</h1>
      <Loading what="the issue">
        <Skeleton className="mb-4 h-5 w-40" />
        <Skeleton className="mb-2 h-6 w-1/2" />
        <Skeleton className="mb-6 h-4 w-2/3" />
        <Skeleton className="h-12 w-full" />
      </Loading>
      <EventSkeleton />
    </Page>
  );
}
