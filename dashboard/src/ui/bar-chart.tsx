import { lazy, Suspense, useState } from "react";
import { exact, short } from "@/lib/format";
import { usePrefs } from "@/lib/prefs";
import type { BarChartProps } from "./bar-chart-canvas";
import { Skeleton } from "./state";

const Canvas = lazy(() => import("./bar-chart-canvas"));

/** Bars over time, stacked. The line above tells the bar under the pointer; a table says the same to a screen reader. */
export function BarChart(props: BarChartProps) {
  const { label, times, series, height } = props;
  const { zone } = usePrefs();
  const [at, setAt] = useState<number>();
  const time = at === undefined ? undefined : times[at];
  return (
    <figure aria-label={label}>
      <div aria-hidden className="num mb-1 flex h-4 flex-wrap gap-x-3 overflow-hidden text-meta text-muted">
        {at !== undefined && time !== undefined ? (
          <>
            <span className="text-ink">{short(time, zone)}</span>
            {series.map((s) => (
              <span key={s.label}>
                {s.label} <span className="text-ink">{exact(s.values[at] ?? 0)}</span>
              </span>
            ))}
          </>
        ) : (
          <span>{label}</span>
        )}
      </div>
      <div style={{ height }} aria-hidden>
        <Suspense fallback={<Skeleton className="h-full w-full" />}>
          <Canvas {...props} onHover={setAt} />
        </Suspense>
      </div>
      <div className="sr-only">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {series.map((s) => (
                <th key={s.label} scope="col">
                  {s.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.map((t, i) => (
              <tr key={t}>
                <th scope="row">{short(t, zone)}</th>
                {series.map((s) => (
                  <td key={s.label}>{exact(s.values[i] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
