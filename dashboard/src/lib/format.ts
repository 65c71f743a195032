/** Numbers and times as the dashboard writes them. */

const grouped = new Intl.NumberFormat("en");

/** 1234 → "1,234": exact, for hovering and for tables. */
export function exact(n: number | bigint): string {
  return grouped.format(n);
}

/** 1234 → "1.2k": short, for rows. */
export function compact(n: number | bigint): string {
  const v = Number(n);
  if (v < 1000) return String(v);
  const units = ["k", "M", "B", "T"];
  let x = v;
  let i = -1;
  do {
    x /= 1000;
    i++;
  } while (x >= 999.5 && i < units.length - 1);
  return `${x < 9.95 ? x.toFixed(1).replace(/\.0$/, "") : Math.round(x)}${units[i]}`;
}

export function plural(n: number | bigint, one: string, many = `${one}s`): string {
  return `${exact(n)} ${Number(n) === 1 ? one : many}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span in its largest unit: "12s", "5m", "3h", "4d", "7mo", "2y". */
export function span(ms: number): string {
  const v = Math.max(0, ms);
  if (v < MINUTE) return `${Math.floor(v / SECOND)}s`;
  if (v < HOUR) return `${Math.floor(v / MINUTE)}m`;
  if (v < DAY) return `${Math.floor(v / HOUR)}h`;
  if (v < 60 * DAY) return `${Math.floor(v / DAY)}d`;
  if (v < 730 * DAY) return `${Math.floor(v / (30 * DAY))}mo`;
  return `${Math.floor(v / (365 * DAY))}y`;
}

/** How long ago: "just now", "5m ago". A time ahead of this clock counts as now. */
export function ago(at: number, now: number): string {
  const d = now - at;
  if (d < 10 * SECOND) return "just now";
  return `${span(d)} ago`;
}

/** How long until: "now", "in 5m". A time behind this clock counts as now. */
export function ahead(at: number, now: number): string {
  const d = at - now;
  return d < 10 * SECOND ? "now" : `in ${span(d)}`;
}

/** A length of time with the precision that matters: "340 ms", "2.4 s", "3 min". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < DAY) return `${+(ms / HOUR).toFixed(1)} h`;
  return `${+(ms / DAY).toFixed(1)} d`;
}

type Zone = "local" | "utc";

function parts(at: number, zone: Zone, opts: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat("en-GB", { ...opts, timeZone: zone === "utc" ? "UTC" : undefined }).format(at);
}

/** "22 Nov 2026, 18:33:31". */
export function absolute(at: number, zone: Zone): string {
  return parts(at, zone, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

/** "22 Nov, 18:33", for axes and ranges. */
export function short(at: number, zone: Zone): string {
  return parts(at, zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** "22 Nov". */
export function day(at: number, zone: Zone): string {
  return parts(at, zone, { day: "numeric", month: "short" });
}

/** "18:33". */
export function hour(at: number, zone: Zone): string {
  return parts(at, zone, { hour: "2-digit", minute: "2-digit" });
}

export function startsDay(at: number, zone: Zone): boolean {
  return hour(at, zone) === "00:00";
}

/** "18:33:31.204", for streams of lines. */
export function clock(at: number, zone: Zone): string {
  return parts(at, zone, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  } as Intl.DateTimeFormatOptions);
}

export function zoneName(zone: Zone): string {
  return zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Both zones, for hovering over a relative time. */
export function bothZones(at: number, zone: Zone): string {
  const own = `${absolute(at, zone)} ${zoneName(zone)}`;
  if (zone === "utc" || zoneName("local") === "UTC") return own;
  return `${own}\n${absolute(at, "utc")} UTC`;
}

export function bytes(n: number | bigint): string {
  const v = Number(n);
  if (v < 1024) return `${v} B`;
  if (v < 1024 ** 2) return `${(v / 1024).toFixed(1)} kB`;
  return `${(v / 1024 ** 2).toFixed(1)} MB`;
}
