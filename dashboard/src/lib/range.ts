import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";

/** The time range of a page as its URL holds it: a preset, or two absolute times. */
export type Range = { range?: string; start?: string; end?: string };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const presets = [
  { id: "1h", label: "Last hour", ms: 3_600_000 },
  { id: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { id: "7d", label: "Last 7 days", ms: 7 * 86_400_000 },
  { id: "14d", label: "Last 14 days", ms: 14 * 86_400_000 },
  { id: "30d", label: "Last 30 days", ms: 30 * 86_400_000 },
  { id: "90d", label: "Last 90 days", ms: 90 * 86_400_000 },
] as const;

export const defaultRange = "14d";

/** Keeps only what is a range; anything else in the URL is as if it were not there. */
export function parseRange(raw: Record<string, unknown>): Range {
  const { range, start, end } = raw;
  if (typeof start === "string" && typeof end === "string") {
    const s = Date.parse(start);
    const e = Date.parse(end);
    if (s < e) return { start: new Date(s).toISOString(), end: new Date(e).toISOString() };
  }
  if (presets.some((p) => p.id === range) && range !== defaultRange) return { range: range as string };
  return {};
}

/** The two ends in milliseconds; a preset ends at `now`. */
export function resolveRange(r: Range, now: number): { start: number; end: number } {
  if (r.start && r.end) return { start: Date.parse(r.start), end: Date.parse(r.end) };
  const ms = presets.find((p) => p.id === (r.range ?? defaultRange))?.ms ?? 14 * DAY;
  // Days begin with a full hour, so that each of 24 parts is whole hours and the last one is now.
  const start = (ms < DAY ? now : Math.ceil(now / HOUR) * HOUR) - ms;
  return { start, end: now };
}

export function isAbsolute(r: Range): boolean {
  return r.start !== undefined;
}

/** The two ends as the API takes them. */
export function rangeInput(r: Range, now: number): { start: Timestamp; end: Timestamp } {
  const { start, end } = resolveRange(r, now);
  return { start: timestampFromMs(start), end: timestampFromMs(end) };
}

/** Reads a pasted range: "2026-11-20 10:00 to 2026-11-21", "… - …", or two lines. */
export function readPasted(text: string): Range | undefined {
  const [a, b] = text.split(/\s+(?:to|-|–|—|→)\s+|\s*\/\s*|\n/).map((s) => Date.parse(s.trim()));
  if (a === undefined || b === undefined || !(a < b)) return undefined;
  return { start: new Date(a).toISOString(), end: new Date(b).toISOString() };
}
