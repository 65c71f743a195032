import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Monitor } from "@/gen/faultline/query/v1/health_pb";
import { duration, exact, plural, span } from "@/lib/format";

/** How a monitor can stand, what needs somebody first. */
export const states = ["missed", "timeout", "error", "in_progress", "ok"] as const;
export type State = (typeof states)[number];

/** What monitors can be sorted by, each with the direction that answers a question. */
export const sorts = ["state", "name", "last", "duration", "next", "failed"] as const;
export type Sort = (typeof sorts)[number];

export const stateWords: Record<State, string> = {
  missed: "Missed",
  timeout: "Timed out",
  error: "Failed",
  in_progress: "Running",
  ok: "OK",
};

export function stateOf(m: Monitor): State {
  return states.find((s) => s === m.state) ?? "ok";
}

const MOST_MISSED = 1000;

/** What there is to say about the state in a few words; empty if the word says all. */
export function stateDetail(m: Monitor, now: number): string {
  switch (stateOf(m)) {
    case "missed":
      return `${m.missed >= MOST_MISSED ? `${exact(MOST_MISSED)} or more runs` : plural(m.missed, "run")} missed`;
    case "timeout":
      return m.timedOutAt ? `not ended for ${span(now - ms(m.startedAt))}` : "";
    case "in_progress":
      return `for ${span(now - ms(m.startedAt))}`;
    default:
      return late(m, now) > 0 ? `next run ${span(late(m, now))} late` : "";
  }
}

/** How late the run is that is waited for, in milliseconds. */
export function late(m: Monitor, now: number): number {
  return m.expectedAt ? Math.max(now - ms(m.expectedAt), 0) : 0;
}

/** What is in time for this monitor, in words. */
export function limits(m: Monitor): string {
  const of = (seconds: number, otherwise: string) => (seconds > 0 ? duration(seconds * 1000) : otherwise);
  const raw = m.schedule === m.scheduleText ? "" : `${m.schedule}\n`;
  return `${raw}A run may begin ${of(m.checkinMargin, "1 min")} late and last ${of(m.maxRuntime, "30 min")}`;
}

const ms = (t: Timestamp | undefined) => (t ? timestampMs(t) : 0);
const names = new Intl.Collator("en", { numeric: true });
const unknownLast = (t: Timestamp | undefined) => (t ? timestampMs(t) : Number.POSITIVE_INFINITY);

const of: Record<Exclude<Sort, "name">, (m: Monitor) => number> = {
  state: (m) => states.indexOf(stateOf(m)),
  last: (m) => -ms(m.checkedAt),
  duration: (m) => -m.duration,
  next: (m) => unknownLast(m.expectedAt),
  failed: (m) => -Number(m.error24h),
};

/** What needs somebody first, names in order, or newest, longest, soonest, most; or the other way round. */
export function sorted(monitors: Monitor[], by: Sort, reverse: boolean): Monitor[] {
  const byName = (a: Monitor, b: Monitor) =>
    names.compare(a.slug, b.slug) || names.compare(a.environment, b.environment);
  const order = by === "name" ? byName : (a: Monitor, b: Monitor) => of[by](a) - of[by](b) || 0;
  const list = [...monitors].sort(byName).sort(order);
  return reverse ? list.reverse() : list;
}

/** How many monitors stand in each state. */
export function counts(monitors: Monitor[]): Record<State, number> {
  const n = { missed: 0, timeout: 0, error: 0, in_progress: 0, ok: 0 };
  for (const m of monitors) n[stateOf(m)]++;
  return n;
}
