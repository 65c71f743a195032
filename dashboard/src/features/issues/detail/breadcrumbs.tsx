import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useMemo, useState } from "react";
import { type Breadcrumb, Level } from "@/gen/faultline/event/v1/event_pb";
import { bothZones, clock, duration } from "@/lib/format";
import { usePrefs } from "@/lib/prefs";
import { LevelWord } from "@/lib/severity";
import { Button } from "@/ui/button";
import { cx } from "@/ui/cx";
import { KeyValues } from "@/ui/key-values";
import { Card } from "@/ui/page";

const FIRST = 30;

function category(b: Breadcrumb): string {
  return b.category || b.type || "default";
}

/** What a breadcrumb says when it has no message: its request, or its facts in a line. */
function sentence(b: Breadcrumb): string {
  if (b.message) return b.message;
  const d = b.data ?? {};
  const http = [d.method, d.url, d.status_code !== undefined && `→ ${String(d.status_code)}`].filter(
    (x) => typeof x === "string",
  );
  return http.length > 1 ? http.join(" ") : "";
}

function Line({ b, end }: { b: Breadcrumb; end: number }) {
  const [open, setOpen] = useState(false);
  const { zone } = usePrefs();
  const at = b.timestamp ? timestampMs(b.timestamp) : undefined;
  const facts = Object.entries(b.data ?? {});
  return (
    <li className="relative pl-6">
      <span
        aria-hidden
        className={cx(
          "absolute top-[9px] left-[7px] h-[7px] w-[7px] rounded-full",
          b.level >= Level.ERROR ? "bg-error" : b.level === Level.WARNING ? "bg-warning" : "bg-faint",
        )}
      />
      <div className="flex flex-wrap items-baseline gap-x-3 py-1 text-meta leading-4 sm:flex-nowrap">
        <span className="num w-20 shrink-0 text-muted" data-tip={at === undefined ? undefined : bothZones(at, zone)}>
          {at === undefined ? "–" : clock(at, zone)}
        </span>
        <span className="w-28 shrink-0 truncate font-medium">{category(b)}</span>
        <span className="min-w-0 grow font-mono [overflow-wrap:anywhere]">
          {b.level >= Level.WARNING && <LevelWord level={b.level} className="mr-2 font-sans" />}
          {sentence(b)}
          {facts.length > 0 && (
            <button type="button" aria-expanded={open} className="link ml-2 font-sans" onClick={() => setOpen(!open)}>
              {open ? "less" : `${facts.length} more`}
            </button>
          )}
        </span>
        {at !== undefined && end >= at && (
          <span className="num shrink-0 text-muted max-sm:hidden">
            {end - at < 1 ? "0 ms" : `−${duration(end - at)}`}
          </span>
        )}
      </div>
      {open && <KeyValues className="mb-2 rounded-md border border-line px-3 sm:ml-[92px]" items={facts} />}
    </li>
  );
}

/** What happened before, as a time line, newest at the bottom where the event is. */
export function Breadcrumbs({ crumbs, end }: { crumbs: readonly Breadcrumb[]; end: number }) {
  const [only, setOnly] = useState<string>();
  const [all, setAll] = useState(false);
  const kinds = useMemo(() => [...new Set(crumbs.map(category))], [crumbs]);
  if (crumbs.length === 0) return null;
  const matching = crumbs.filter(
    (b) => !only || (only === "problems" ? b.level >= Level.WARNING : category(b) === only),
  );
  const shown = all ? matching : matching.slice(-FIRST);
  const chips = ["problems", ...kinds];
  return (
    <Card title={`Breadcrumbs (${crumbs.length})`} id="breadcrumbs">
      {kinds.length > 1 && (
        <div className="mb-3 flex flex-wrap gap-1.5" role="group" aria-label="Show only">
          {chips.map((k) => (
            <button
              key={k}
              type="button"
              aria-pressed={only === k}
              className={cx(
                "h-6 rounded-full border px-2.5 text-meta",
                only === k ? "border-accent bg-accent-soft text-accent" : "border-line text-muted hover:text-ink",
              )}
              onClick={() => setOnly(only === k ? undefined : k)}
            >
              {k === "problems" ? "warnings and errors" : k}
            </button>
          ))}
        </div>
      )}
      {shown.length < matching.length && (
        <Button kind="quiet" className="mb-1" onClick={() => setAll(true)}>
          Show {matching.length - shown.length} earlier
        </Button>
      )}
      <ol className="relative before:absolute before:inset-y-2 before:left-[10px] before:w-px before:bg-line">
        {shown.map((b, i) => (
          <Line key={i} b={b} end={end} />
        ))}
      </ol>
      {matching.length === 0 && <p className="text-meta text-muted">None of the {crumbs.length} is of this kind.</p>}
    </Card>
  );
}
