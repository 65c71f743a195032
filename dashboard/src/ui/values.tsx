import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { absolute, ago, bothZones, compact, exact, span } from "@/lib/format";
import { useNow } from "@/lib/now";
import { usePrefs } from "@/lib/prefs";

type TimeProps = { at: Timestamp | undefined; form?: "ago" | "span" | "absolute"; className?: string };

/** A time, relative; the absolute one in the person's zone and in UTC on hover. */
export function Time({ at, form = "ago", className }: TimeProps) {
  const now = useNow();
  const { zone } = usePrefs();
  if (!at) return <span className={className}>–</span>;
  const ms = timestampMs(at);
  const text = form === "absolute" ? absolute(ms, zone) : form === "span" ? span(now - ms) : ago(ms, now);
  return (
    <time dateTime={new Date(ms).toISOString()} data-tip={bothZones(ms, zone)} className={className}>
      {text}
    </time>
  );
}

/** A number, short; exact on hover. */
export function Count({ n, className = "" }: { n: bigint | number; className?: string }) {
  const short = compact(n);
  const full = exact(n);
  return (
    <span className={`num ${className}`} data-tip={short === full ? undefined : full}>
      {short}
    </span>
  );
}
