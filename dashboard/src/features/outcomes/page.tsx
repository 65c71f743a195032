import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type ListOutcomesResponse, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { exact } from "@/lib/format";
import { useNow } from "@/lib/now";
import { rangeInput } from "@/lib/range";
import { useTitle } from "@/lib/title";
import { BarChart } from "@/ui/bar-chart";
import { buttonClass } from "@/ui/button";
import { Card, Page, PageHead } from "@/ui/page";
import { RangePicker } from "@/ui/range-picker";
import { Controls } from "@/ui/slot";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { outcomes, swatch } from "./words";

const BUCKETS = 60;
const MINUTE = 60_000;

/** What became of every event at the edge. */
export function OutcomesPage() {
  const project = useProject();
  const search = useSearch({ from: "/in/p/$project/outcomes" });
  const navigate = useNavigate({ from: "/p/$project/outcomes" });
  // Whole minutes, so that a page that stays open asks once a minute.
  const minute = Math.ceil(useNow() / MINUTE) * MINUTE;
  const input = useMemo(
    () => ({ projectId: project.id, buckets: BUCKETS, ...rangeInput(search, minute) }),
    [project.id, search, minute],
  );
  const q = useQuery(QueryService.method.listOutcomes, input, { placeholderData: keepPreviousData });
  useTitle(`Outcomes of ${project.name}`);
  const brush = useCallback(
    (start: number, end: number) =>
      void navigate({ search: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } }),
    [navigate],
  );
  const total = q.data?.series.reduce((a, s) => a + s.total, 0n) ?? 0n;

  return (
    <Page>
      <Controls>
        <span className="grow" />
        <RangePicker value={search} onChange={(r) => void navigate({ search: r })} />
      </Controls>
      <PageHead
        title="Outcomes"
        about="Every event that came to the edge has exactly one outcome, also those that were not kept."
      />
      <Awaited of={q} what="outcomes" still="Events are still being taken in and counted.">
        <Skeleton className="h-64 w-full" />
        <Skeleton className="mt-4 h-40 w-full" />
      </Awaited>
      {q.data && total === 0n && (
        <Empty
          title="No event came in this time range"
          actions={
            <Link to="/p/$project/setup" params={{ project: project.slug }} className={buttonClass("primary")}>
              Set up sending
            </Link>
          }
        >
          Choose a longer range, or send one to see it counted here.
        </Empty>
      )}
      {q.data && total > 0n && <Report data={q.data} total={total} onBrush={brush} />}
    </Page>
  );
}

function share(part: bigint, of: bigint): string {
  const v = (Number(part) / Number(of)) * 100;
  return v > 0 && v < 0.1 ? "< 0.1 %" : `${v.toFixed(v < 10 ? 1 : 0)} %`;
}

function Report({
  data,
  total,
  onBrush,
}: {
  data: ListOutcomesResponse;
  total: bigint;
  onBrush: (start: number, end: number) => void;
}) {
  const times = useMemo(() => data.times.map(timestampMs), [data]);
  const stacked = useMemo(
    () =>
      outcomes
        .map((o) => {
          const own = data.series.filter((s) => s.outcome === o.id);
          return {
            label: o.id as string,
            color: o.color as string,
            values: times.map((_, i) => own.reduce((a, s) => a + Number(s.values[i] ?? 0n), 0)),
            total: own.reduce((a, s) => a + s.total, 0n),
          };
        })
        .filter((s) => s.total > 0n),
    [data, times],
  );
  const rows = outcomes.flatMap((o) =>
    data.series.filter((s) => s.outcome === o.id).map((s) => ({ ...o, reason: s.reason, total: s.total })),
  );
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <BarChart
          label={`${exact(total)} events by outcome. Drag to zoom in.`}
          times={times}
          series={stacked}
          height={240}
          onBrush={onBrush}
        />
      </Card>
      <Card flush>
        <div className="overflow-x-auto">
          <table className="w-full text-left text-list">
            <thead className="text-meta text-muted">
              <tr className="h-8 border-b border-line">
                <th className="pl-4 font-normal">Outcome</th>
                <th className="px-2 sm:px-3 font-normal">Reason</th>
                <th className="px-2 sm:px-3 font-normal max-md:hidden">Meaning</th>
                <th className="px-2 sm:px-3 text-right font-normal">Events</th>
                <th className="pr-4 pl-2 text-right font-normal">Share</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.id + r.reason} className="h-[var(--row)] border-b border-line last:border-0">
                  <td className="pl-4">
                    <span className="flex items-center gap-2">
                      <span aria-hidden className={`h-2.5 w-2.5 rounded-sm ${swatch[r.id]}`} />
                      {r.id}
                    </span>
                  </td>
                  <td className="px-2 sm:px-3 font-mono text-meta">{r.reason || "–"}</td>
                  <td className="px-2 sm:px-3 text-muted max-md:hidden">{r.about}</td>
                  <td className="num px-2 sm:px-3 text-right">{exact(r.total)}</td>
                  <td className="num pr-4 pl-2 text-right whitespace-nowrap text-muted">{share(r.total, total)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </div>
  );
}
