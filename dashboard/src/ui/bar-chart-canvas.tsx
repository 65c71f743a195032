import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { compact, day, hour, startsDay } from "@/lib/format";
import { useMedia } from "@/lib/media";
import { usePrefs } from "@/lib/prefs";

type Series = { label: string; values: number[]; color: string };
export type BarChartProps = {
  label: string;
  /** Start of each bar, in milliseconds. */
  times: number[];
  series: Series[];
  height: number;
  /** Called with the two ends when a part is brushed. */
  onBrush?: (start: number, end: number) => void;
};

/** What a colour of the theme is now, as a canvas understands it. */
function resolve(host: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--color-${name})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Running sums from the bottom; drawn from the top down, so that each covers the one above. */
function stack(series: number[][]): number[][] {
  const sums: number[][] = [];
  for (const values of series) {
    const below = sums.at(-1);
    sums.push(values.map((v, i) => v + (below?.[i] ?? 0)));
  }
  return sums.reverse();
}

type CanvasProps = BarChartProps & { onHover: (index: number | undefined) => void };

export default function BarChartCanvas({ times, series, height, onBrush, onHover }: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const { theme, zone } = usePrefs();
  const dark = useMedia("(prefers-color-scheme: dark)");
  const calls = useRef({ onBrush, onHover });
  useEffect(() => {
    calls.current = { onBrush, onHover };
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and dark change the colours that are read from the page
  useEffect(() => {
    const el = host.current;
    const step = (times[1] ?? 0) - (times[0] ?? 0);
    if (!el || times.length === 0) return;
    const ink = resolve(el, "muted");
    const grid = { stroke: resolve(el, "line"), width: 1 };
    const font = `11px ${getComputedStyle(el).fontFamily}`;
    const colors = series.map((s) => resolve(el, s.color)).reverse();
    const plot = new uPlot(
      {
        width: el.clientWidth,
        height,
        padding: [6, 4, 0, 0],
        legend: { show: false },
        tzDate: zone === "utc" ? (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC") : undefined,
        cursor: { y: false, points: { show: false }, drag: { x: onBrush !== undefined, y: false, setScale: false } },
        scales: {
          x: { time: true, range: () => [(times[0] ?? 0) / 1000, ((times.at(-1) ?? 0) + step) / 1000] },
          y: { range: (_u, _min, max) => [0, Math.max(max * 1.08, 1)] },
        },
        axes: [
          {
            stroke: ink,
            font,
            grid: { show: false },
            ticks: { show: false },
            size: 22,
            gap: 4,
            space: 80,
            values: (_u, ticks, _axis, _space, incr) =>
              ticks.map((t) =>
                incr < 86_400 && !startsDay(t * 1000, zone) ? hour(t * 1000, zone) : day(t * 1000, zone),
              ),
          },
          {
            stroke: ink,
            font,
            grid,
            ticks: { show: false },
            size: 38,
            gap: 4,
            space: 34,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7],
            values: (_u, ticks) => ticks.map((t) => compact(t)),
          },
        ],
        series: [
          {},
          ...colors.map((fill) => ({
            fill,
            width: 0,
            points: { show: false },
            paths: uPlot.paths.bars?.({ size: [0.82, 48], align: 1 }),
          })),
        ],
        hooks: {
          setCursor: [(u) => calls.current.onHover(u.cursor.idx ?? undefined)],
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              calls.current.onBrush?.(
                u.posToVal(u.select.left, "x") * 1000,
                u.posToVal(u.select.left + u.select.width, "x") * 1000,
              );
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [times.map((t) => t / 1000), ...stack(series.map((s) => s.values))],
      el,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height }));
    resize.observe(el);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [times, series, height, theme, dark, zone, onBrush === undefined]);

  return <div ref={host} className="h-full w-full" />;
}
