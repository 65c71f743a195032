import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { useCallback } from "react";
import type { ListMonitorsResponse } from "@/gen/faultline/query/v1/health_pb";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { exact, plural } from "@/lib/format";
import { useTitle } from "@/lib/title";
import { Button } from "@/ui/button";
import { NarrowPicker } from "@/ui/narrow-picker";
import { Card, Page, PageHead } from "@/ui/page";
import { SearchBox } from "@/ui/search-box";
import { Controls } from "@/ui/slot";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { HowTo } from "./how-to";
import { counts, type State, stateOf, states, stateWords } from "./model";
import type { MonitorsSearch } from "./search";
import { MonitorTable } from "./table";

/** How scheduled jobs do by what they say of their runs, and which runs did not come. */
export function MonitorsPage() {
  const project = useProject();
  const search = useSearch({ from: "/in/p/$project/monitors" });
  const navigate = useNavigate({ from: "/p/$project/monitors" });
  const q = useQuery(
    QueryService.method.listMonitors,
    { projectId: project.id, environment: search.env ?? "", search: search.query ?? "" },
    { placeholderData: keepPreviousData, refetchInterval: 30_000 },
  );
  useTitle(`Monitors of ${project.name}`);
  const go = useCallback(
    (change: Partial<MonitorsSearch>, replace = false) =>
      void navigate({ search: (prev) => ({ ...prev, ...change }), replace }),
    [navigate],
  );
  const none = q.data?.environments.length === 0;

  return (
    <Page>
      {!none && (
        <Controls>
          <SearchBox
            className="min-w-0 grow"
            value={search.query ?? ""}
            label="Search monitors"
            placeholder="part of a name"
            onSubmit={(text) => go({ query: text || undefined })}
          />
          <NarrowPicker
            label="Environment"
            all="All environments"
            icon={<Layers size={14} className="text-muted" aria-hidden />}
            items={(q.data?.environments ?? []).map((e) => ({ id: e, label: e }))}
            value={search.env}
            onChange={(env) => go({ env })}
          />
        </Controls>
      )}
      <PageHead
        title="Monitors"
        about="Scheduled jobs by what they say of their runs. A run that does not come is missed."
      />
      <Awaited of={q} what="monitors" still="Check-ins are still being taken in.">
        <Skeleton className="h-64 w-full" />
      </Awaited>
      {q.data && none && <HowTo projectId={project.id} />}
      {q.data && !none && <Found data={q.data} search={search} go={go} />}
    </Page>
  );
}

type FoundProps = {
  data: ListMonitorsResponse;
  search: MonitorsSearch;
  go: (change: Partial<MonitorsSearch>, replace?: boolean) => void;
};

function Found({ data, search, go }: FoundProps) {
  const shown = search.state ? data.monitors.filter((m) => stateOf(m) === search.state) : data.monitors;
  return (
    <>
      <StateFilter data={data} value={search.state} onChange={(state) => go({ state })} />
      {shown.length === 0 ? (
        <Empty
          title="No monitor matches"
          actions={
            <Button onClick={() => go({ query: undefined, env: undefined, state: undefined })}>
              Show all monitors
            </Button>
          }
        >
          {[
            search.state && `none is ${stateWords[search.state].toLowerCase()}`,
            search.query && `the name contains “${search.query}”`,
            search.env && `the environment is ${search.env}`,
          ]
            .filter(Boolean)
            .join(", ")
            .replace(/^./, (c) => c.toUpperCase())}
          .
        </Empty>
      ) : (
        <>
          <Card flush>
            <MonitorTable
              monitors={shown}
              sort={search.by ?? "state"}
              reverse={search.reverse ?? false}
              onSort={(by, reverse) => go({ by: by === "state" ? undefined : by, reverse: reverse || undefined }, true)}
              onEnvironment={(env) => go({ env })}
            />
          </Card>
          <p className="px-1 pt-2 text-meta text-muted" role="status">
            {data.more
              ? `The first ${exact(data.monitors.length)} monitors by name were read. Search, or choose an environment, to find others.`
              : `${shown.length === 1 ? "1 monitor is" : `${plural(shown.length, "monitor")} are`} shown, which is all${shown.length < data.monitors.length || search.query || search.env ? " that match" : ""}.`}
          </p>
        </>
      )}
    </>
  );
}

/** How many monitors stand in each state; one of them narrows the list. */
function StateFilter({
  data,
  value,
  onChange,
}: {
  data: ListMonitorsResponse;
  value: State | undefined;
  onChange: (state: State | undefined) => void;
}) {
  const n = counts(data.monitors);
  const choice = (state: State | undefined, label: string, count: number) => (
    <Button
      key={label}
      kind={state === value ? "plain" : "quiet"}
      aria-pressed={state === value}
      className="!h-7 !px-2"
      onClick={() => onChange(state)}
    >
      {label} <span className="num font-normal text-muted">{exact(count)}</span>
    </Button>
  );
  return (
    <fieldset className="flex flex-wrap gap-1 pb-3">
      <legend className="sr-only">State</legend>
      {choice(undefined, "All", data.monitors.length)}
      {states.filter((s) => n[s] > 0 || s === value).map((s) => choice(s, stateWords[s], n[s]))}
    </fieldset>
  );
}
