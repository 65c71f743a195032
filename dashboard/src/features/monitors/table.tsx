import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CircleCheck, CircleX, ClockAlert, Loader, TimerOff } from "lucide-react";
import type { Monitor } from "@/gen/faultline/query/v1/health_pb";
import { ahead, bothZones, duration, span } from "@/lib/format";
import { useNow } from "@/lib/now";
import { usePrefs } from "@/lib/prefs";
import { Chip } from "@/ui/chip";
import { SortHead } from "@/ui/sort-head";
import { Count, Time } from "@/ui/values";
import { late, limits, type Sort, type State, sorted, stateDetail, stateOf, stateWords } from "./model";

type Props = {
  monitors: Monitor[];
  sort: Sort;
  reverse: boolean;
  onSort: (by: Sort, reverse: boolean) => void;
  onEnvironment: (env: string) => void;
};

/** Those that begin with the largest. */
const fromTheTop: Sort[] = ["last", "duration", "failed"];

/** One line a monitor and environment: how it stands, and when it should run. */
export function MonitorTable({ monitors, sort, reverse, onSort, onEnvironment }: Props) {
  const now = useNow();
  const head = (by: Sort, label: string, className?: string) => {
    const on = sort === by;
    return (
      <SortHead
        label={label}
        order={on ? (fromTheTop.includes(by) !== reverse ? "descending" : "ascending") : undefined}
        onSort={() => onSort(by, on ? !reverse : false)}
        className={className}
      />
    );
  };
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-left text-list" aria-label="Monitors">
        <thead className="text-meta whitespace-nowrap text-muted">
          <tr className="h-8 border-b border-line">
            {head("name", "Monitor", "!pl-4")}
            {head("state", "State")}
            {head("last", "Last run", "text-right max-sm:hidden")}
            {head("duration", "Duration", "text-right max-md:hidden")}
            {head("next", "Next expected", "text-right max-sm:hidden")}
            {head("failed", "OK and failed, 24 h", "!pr-4 text-right max-md:hidden")}
          </tr>
        </thead>
        <tbody>
          {sorted(monitors, sort, reverse).map((m) => (
            <tr key={`${m.slug}\n${m.environment}`} className="h-13 border-b border-line last:border-0 hover:bg-hover">
              <td className="max-w-0 min-w-40 py-1.5 pl-4 pr-2 sm:w-2/5">
                <span className="flex min-w-0 items-center gap-2">
                  <span className="truncate font-medium" data-tip={m.slug}>
                    {m.slug}
                  </span>
                  <button type="button" className="max-w-24 shrink-0" onClick={() => onEnvironment(m.environment)}>
                    <Chip tip={`Show only ${m.environment}`}>
                      <span className="truncate">{m.environment}</span>
                    </Chip>
                  </button>
                </span>
                <Schedule monitor={m} />
                <span className="block truncate text-meta text-muted sm:hidden">
                  ran <Time at={m.checkedAt} />
                  {m.expectedAt && (
                    <>
                      , next <Next monitor={m} now={now} />
                    </>
                  )}
                </span>
              </td>
              <td className="px-2 py-1.5 sm:px-3">
                <StateChip state={stateOf(m)} />
                <span className="mt-0.5 block text-meta whitespace-nowrap text-muted">{stateDetail(m, now)}</span>
              </td>
              <td className="num px-2 text-right whitespace-nowrap sm:px-3 max-sm:hidden">
                <Time at={m.checkedAt} />
              </td>
              <td className="num px-2 text-right whitespace-nowrap sm:px-3 max-md:hidden">
                {m.duration > 0 ? duration(m.duration * 1000) : <span className="text-muted">–</span>}
              </td>
              <td className="num px-2 text-right whitespace-nowrap sm:px-3 max-sm:hidden">
                <Next monitor={m} now={now} />
              </td>
              <td className="num pr-4 pl-2 text-right whitespace-nowrap max-md:hidden">
                <Count n={m.ok24h} /> <span className="text-muted">ok</span>
                <span className="text-muted"> · </span>
                <Count n={m.error24h} className={m.error24h > 0n ? "font-semibold" : "text-muted"} />{" "}
                <span className="text-muted">failed</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const looks: Record<State, { icon: typeof CircleX; tone: "good" | "strong" | "accent" }> = {
  missed: { icon: ClockAlert, tone: "strong" },
  timeout: { icon: TimerOff, tone: "strong" },
  error: { icon: CircleX, tone: "strong" },
  in_progress: { icon: Loader, tone: "accent" },
  ok: { icon: CircleCheck, tone: "good" },
};

function StateChip({ state }: { state: State }) {
  const { icon: Icon, tone } = looks[state];
  return (
    <Chip tone={tone}>
      <Icon size={11} aria-hidden />
      {stateWords[state]}
    </Chip>
  );
}

/** The schedule in words; why it is not understood; or that it is not known. */
function Schedule({ monitor: m }: { monitor: Monitor }) {
  if (m.scheduleText)
    return (
      <span className="block truncate text-meta text-muted" data-tip={limits(m)}>
        {m.scheduleText}
      </span>
    );
  if (m.scheduleProblem)
    return (
      <span className="block truncate text-meta text-muted" data-tip={`${m.schedule}: ${m.scheduleProblem}`}>
        “{m.schedule}” is not understood: {m.scheduleProblem}
      </span>
    );
  return (
    <span
      className="block truncate text-meta text-muted"
      data-tip="Without a schedule nobody knows whether a run is missing"
    >
      no schedule told
    </span>
  );
}

/** When the run is expected that is waited for, or how late it is. */
function Next({ monitor: m, now }: { monitor: Monitor; now: number }) {
  const { zone } = usePrefs();
  if (!m.expectedAt) return <span className="text-muted">–</span>;
  const expected = timestampMs(m.expectedAt);
  const is = bothZones(expected, zone);
  const behind = late(m, now);
  if (behind < 1000)
    return (
      <time dateTime={new Date(expected).toISOString()} data-tip={is}>
        {ahead(expected, now)}
      </time>
    );
  return (
    <time
      dateTime={new Date(expected).toISOString()}
      className="font-semibold"
      data-tip={
        m.nextAt ? `Expected ${is}\nThe next one is due ${ahead(timestampMs(m.nextAt), now)}` : `Expected ${is}`
      }
    >
      {span(behind)} late
    </time>
  );
}
