import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { short, zoneName } from "@/lib/format";
import { usePrefs } from "@/lib/prefs";
import { defaultRange, isAbsolute, presets, type Range, readPasted, resolveRange } from "@/lib/range";
import { Button } from "./button";
import { cx } from "./cx";
import { Field } from "./field";
import { Popover } from "./popover";

function label(r: Range, zone: "local" | "utc"): string {
  if (!isAbsolute(r)) return presets.find((p) => p.id === (r.range ?? defaultRange))?.label ?? "";
  const { start, end } = resolveRange(r, 0);
  return `${short(start, zone)} – ${short(end, zone)}`;
}

/** What a datetime-local input shows: the time in this browser's zone. */
function localInput(ms: number): string {
  const d = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return d.toISOString().slice(0, 16);
}

/** A time range: presets, two absolute times, or a pasted pair. */
export function RangePicker({ value, onChange }: { value: Range; onChange: (r: Range) => void }) {
  const [open, setOpen] = useState(false);
  const { zone } = usePrefs();
  const [pasted, setPasted] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const current = value.range ?? defaultRange;

  const pick = (r: Range) => {
    onChange(r);
    setOpen(false);
  };
  const own =
    Date.parse(from) < Date.parse(to)
      ? { start: new Date(from).toISOString(), end: new Date(to).toISOString() }
      : readPasted(pasted);

  return (
    <Popover
      open={open}
      onOpenChange={(o) => {
        if (o) {
          const r = resolveRange(value, Date.now());
          setFrom(localInput(r.start));
          setTo(localInput(r.end));
          setPasted("");
        }
        setOpen(o);
      }}
      label="Time range"
      align="end"
      className="w-80"
      trigger={
        <Button icon={<CalendarClock size={14} className="text-muted" aria-hidden />}>
          <span className="max-sm:hidden">{label(value, zone)}</span>
          <span className="sm:hidden">{isAbsolute(value) ? "Custom" : current}</span>
        </Button>
      }
    >
      <div className="grid grid-cols-2 gap-1 p-2">
        {presets.map((p) => {
          const on = !isAbsolute(value) && p.id === current;
          return (
            <button
              key={p.id}
              type="button"
              aria-pressed={on}
              className={cx(
                "h-8 rounded-sm px-2 text-left text-list hover:bg-hover",
                on && "bg-accent-soft font-medium text-accent",
              )}
              onClick={() => pick(p.id === defaultRange ? {} : { range: p.id })}
            >
              {p.label}
            </button>
          );
        })}
      </div>
      <form
        className="flex flex-col gap-2 border-t border-line p-3"
        onSubmit={(e) => {
          e.preventDefault();
          if (own) pick(own);
        }}
      >
        <Field label="From" type="datetime-local" value={from} onChange={(e) => setFrom(e.target.value)} />
        <Field label="To" type="datetime-local" value={to} onChange={(e) => setTo(e.target.value)} />
        <Field
          label="Or paste a range"
          placeholder="2026-11-20 10:00 to 2026-11-21"
          value={pasted}
          onChange={(e) => {
            setPasted(e.target.value);
            const r = readPasted(e.target.value);
            if (r) {
              setFrom(localInput(Date.parse(r.start ?? "")));
              setTo(localInput(Date.parse(r.end ?? "")));
            }
          }}
          hint={`Times are in ${zoneName("local")}.`}
        />
        <Button type="submit" kind="primary" disabled={!own}>
          Show this range
        </Button>
      </form>
    </Popover>
  );
}
