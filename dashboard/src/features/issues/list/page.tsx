import { useQuery } from "@connectrpc/connect-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { type Project, ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { failure, isInvalid } from "@/lib/errors";
import { useHotkeys } from "@/lib/hotkeys";
import { usePrefs } from "@/lib/prefs";
import { useTitle } from "@/lib/title";
import { buttonClass } from "@/ui/button";
import { RangePicker } from "@/ui/range-picker";
import { SearchBox } from "@/ui/search-box";
import { Controls } from "@/ui/slot";
import { Empty, Failed } from "@/ui/state";
import { toggled, useIssueActions } from "../actions";
import { AssignDialog } from "../assign";
import { defaultQuery, type IssuesSearch } from "../search";
import { undoLast } from "../undo";
import type { Status } from "../words";
import { BulkBar } from "./bulk-bar";
import { useIssueList } from "./data";
import { EnvironmentPicker } from "./environment-picker";
import { ListHead } from "./head";
import { ListSkeleton, VirtualList } from "./list";
import { useSelection } from "./selection";
import { IssueTabs } from "./tabs";

export function IssuesPage() {
  const project = useProject();
  const search = useSearch({ from: "/in/p/$project/issues" });
  const navigate = useNavigate({ from: "/p/$project/issues" });
  const { query, issues, list, live, news, showNew } = useIssueList(project.id, search);
  const { sharedScale } = usePrefs();
  const actions = useIssueActions();
  const sel = useSelection(issues);
  const [assigning, setAssigning] = useState<Issue[]>();
  useTitle(`Issues of ${project.name}`);

  const go = useCallback(
    (change: Partial<IssuesSearch>) => void navigate({ search: (prev) => ({ ...prev, ...change }) }),
    [navigate],
  );
  const chosen = sel.selected.length > 0 ? sel.selected : sel.current ? [sel.current] : [];
  const setStatus = (status: Status) => {
    const moved = chosen;
    sel.clear();
    if (moved.length === 1 && moved[0] === sel.current) sel.move(1);
    void actions.setStatus(moved, toggled(moved, status));
  };
  const open = (issue: Issue | undefined) =>
    issue &&
    void navigate({ to: "/p/$project/issues/$issue", params: { project: project.slug, issue: issue.id }, search: {} });

  const merge = () => {
    if (sel.selected.length < 2) return;
    void actions.merge(sel.selected);
    sel.clear();
  };
  useHotkeys({
    j: () => sel.move(1),
    k: () => sel.move(-1),
    x: () => sel.current && sel.toggle(sel.current, false),
    Enter: () => open(sel.current),
    e: () => setStatus("resolved"),
    i: () => setStatus("archived"),
    a: () => chosen.length > 0 && setAssigning(chosen),
    m: merge,
    z: undoLast,
    Escape: sel.clear,
  });

  const scale = useMemo(
    () => (sharedScale ? Math.max(1, ...issues.flatMap((i) => i.sparkline.map(Number))) : undefined),
    [issues, sharedScale],
  );
  const invalid = isInvalid(list.error) ? failure(list.error).detail : undefined;
  const newText = [news.fresh > 0 && `${news.fresh} new`, news.moved > 0 && `${news.moved} with new events`]
    .filter(Boolean)
    .join(", ");

  return (
    <>
      <Controls>
        <SearchBox
          className="min-w-0 grow"
          value={query}
          label="Search issues"
          placeholder="is:unresolved level:error release:1.2.* free text"
          error={invalid}
          onSubmit={(q) => go({ query: q === defaultQuery ? undefined : q })}
        />
        <EnvironmentPicker projectId={project.id} value={search.env} onChange={(env) => go({ env })} />
        <RangePicker
          value={search}
          onChange={(r) => go({ range: undefined, start: undefined, end: undefined, ...r })}
        />
      </Controls>
      <h1 className="sr-only">Issues of {project.name}</h1>
      <div className="bg-page px-3 sm:px-5">
        <IssueTabs project={project.slug} query={query} />
      </div>
      <div className="relative sm:px-5 sm:pt-3">
        <div className="pointer-events-none sticky top-14 z-20 flex h-0 justify-center" aria-live="polite">
          {newText && list.isSuccess && (
            <button
              type="button"
              className="pointer-events-auto mt-2 flex h-7 appear items-center gap-1.5 rounded-full bg-accent-fill px-3 text-meta font-medium text-on-accent shadow-float"
              onClick={() => {
                showNew();
                window.scrollTo({ top: 0 });
              }}
            >
              <ArrowUp size={12} aria-hidden /> {newText}
            </button>
          )}
        </div>
        <div
          role="table"
          aria-label="Issues"
          aria-busy={list.isPending}
          className="overflow-hidden border-line max-sm:border-b sm:rounded-md sm:border"
        >
          <div role="rowgroup" className="bg-sunken">
            <ListHead
              sort={search.sort ?? "last_seen"}
              onSort={(sort) => go({ sort: sort === "last_seen" ? undefined : sort })}
              all={issues.length > 0 && sel.selected.length === issues.length}
              some={sel.selected.length > 0}
              onAll={sel.all}
            />
          </div>
          {issues.length > 0 && (
            <VirtualList issues={issues} project={project.slug} sel={sel} scale={scale} list={list} />
          )}
        </div>
        {list.isPending && <ListSkeleton />}
        {list.error && !invalid && issues.length === 0 && (
          <Failed
            what="Issues could not be read"
            error={list.error}
            retry={() => void list.refetch()}
            still="Events are still being taken in."
          />
        )}
        {invalid && <Empty title="This search cannot be read">{invalid}</Empty>}
        {list.isSuccess && issues.length === 0 && <NothingFound project={project} query={query} />}
        {live.error && issues.length > 0 && (
          <p className="px-3 py-2 text-meta text-muted" role="status">
            Not updating: {failure(live.error).title.toLowerCase()}. It is tried again every 15 seconds.
          </p>
        )}
      </div>
      {sel.selected.length > 0 && (
        <BulkBar
          issues={sel.selected}
          onStatus={setStatus}
          onAssign={() => setAssigning(sel.selected)}
          onMerge={merge}
          onClear={sel.clear}
        />
      )}
      <AssignDialog
        issues={assigning}
        onClose={() => setAssigning(undefined)}
        onAssign={(who, to) => void actions.assign(who, to)}
      />
    </>
  );
}

function NothingFound({ project, query }: { project: Project; query: string }) {
  const now = useQuery(ProjectService.method.getProject, { projectId: project.id }, { enabled: !project.firstEventAt });
  if (!project.firstEventAt && now.data && !now.data.firstEventAt) {
    return (
      <Empty
        title="Waiting for the first event"
        actions={
          <Link to="/p/$project/setup" params={{ project: project.slug }} className={buttonClass("primary")}>
            Set up sending
          </Link>
        }
      >
        Nothing has arrived in this project. Set-up has the lines to paste, with its DSN filled in.
      </Empty>
    );
  }
  return (
    <Empty
      title={query === defaultQuery ? "Nothing is unresolved" : "No issue matches"}
      actions={
        <>
          <Link
            to="/p/$project/issues"
            params={{ project: project.slug }}
            search={{ query: "", range: "90d" }}
            className={buttonClass()}
          >
            Show all of the last 90 days
          </Link>
          <Link to="/p/$project/tail" params={{ project: project.slug }} className={buttonClass()}>
            Watch events arrive
          </Link>
        </>
      }
    >
      {query === defaultQuery
        ? "No open issue had an event in this time range."
        : "No issue had an event that matches in this time range."}
    </Empty>
  );
}
