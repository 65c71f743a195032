import { useNavigate } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { failure, isInvalid } from "@/lib/errors";
import { useHotkeys } from "@/lib/hotkeys";
import { prefs, usePrefs } from "@/lib/prefs";
import { useTitle } from "@/lib/title";
import { RangePicker } from "@/ui/range-picker";
import { SearchBox } from "@/ui/search-box";
import { Controls } from "@/ui/slot";
import { Empty, Failed } from "@/ui/state";
import { mergeable, toggled, useIssueActions } from "../actions";
import { AssignDialog } from "../assign";
import { defaultQuery, type IssuesSearch } from "../search";
import { undoLast } from "../undo";
import type { Status } from "../words";
import { BulkBar } from "./bulk-bar";
import { refreshMs, useIssueList } from "./data";
import { EnvironmentPicker } from "./environment-picker";
import { ListHead } from "./head";
import { ListSkeleton, VirtualList } from "./list";
import { NothingFound } from "./nothing";
import { useSelection } from "./selection";
import { IssueTabs } from "./tabs";

type ViewProps = {
  /** None: all projects. */
  project: Project | undefined;
  search: IssuesSearch;
  /** Changes the URL. */
  go: (change: Partial<IssuesSearch>) => void;
};

/** The list with everything that is done in it. */
export function IssuesView({ project, search, go }: ViewProps) {
  const navigate = useNavigate();
  const projectId = project?.id ?? 0;
  const all = project === undefined;
  const heading = `Issues of ${project?.name ?? "all projects"}`;
  const { query, issues, list, live, news, showNew } = useIssueList(projectId, search);
  const { sharedScale } = usePrefs();
  const actions = useIssueActions();
  const sel = useSelection(issues);
  const [assigning, setAssigning] = useState<Issue[]>();
  useTitle(heading);
  useEffect(() => {
    if (prefs.get().everywhere !== all) prefs.set({ everywhere: all });
  }, [all]);

  const chosen = sel.selected.length > 0 ? sel.selected : sel.current ? [sel.current] : [];
  const setStatus = (status: Status) => {
    const moved = chosen;
    sel.clear();
    if (moved.length === 1 && moved[0] === sel.current) sel.move(1);
    void actions.setStatus(moved, toggled(moved, status));
  };
  const open = (issue: Issue | undefined) =>
    issue &&
    void navigate({
      to: "/p/$project/issues/$issue",
      params: { project: issue.projectSlug, issue: issue.id },
      search: {},
    });

  const merge = () => {
    if (!mergeable(sel.selected)) return;
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
        <EnvironmentPicker projectId={projectId} value={search.env} onChange={(env) => go({ env })} />
        <RangePicker
          value={search}
          onChange={(r) => go({ range: undefined, start: undefined, end: undefined, ...r })}
        />
      </Controls>
      <h1 className="sr-only">{heading}</h1>
      <div className="bg-page px-3 sm:px-5">
        <IssueTabs project={project?.slug} query={query} />
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
              projects={all}
              all={issues.length > 0 && sel.selected.length === issues.length}
              some={sel.selected.length > 0}
              onAll={sel.all}
            />
          </div>
          {issues.length > 0 && <VirtualList issues={issues} all={all} sel={sel} scale={scale} list={list} />}
        </div>
        {list.isPending && <ListSkeleton all={all} />}
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
            Not updating: {failure(live.error).title.toLowerCase()}. It is tried again every{" "}
            {refreshMs(projectId) / 1000} seconds.
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
