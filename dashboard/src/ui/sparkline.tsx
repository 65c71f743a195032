import { exact } from "@/lib/format";

type SparklineProps = { values: readonly bigint[]; max?: number; width?: number; height?: number; label: string };

/** Bars, one a bucket. Zero stays visible as a hairline, so that quiet and unknown differ. */
export function Sparkline({ values, max, width = 112, height = 24, label }: SparklineProps) {
  const nums = values.map(Number);
  const top = Math.max(max ?? 0, ...nums, 1);
  const step = width / Math.max(nums.length, 1);
  const bar = Math.max(1, step - 1);
  const d = nums
    .map((v, i) => {
      const h = v === 0 ? 1 : Math.max(2, (v / top) * height);
      return `M${(i * step).toFixed(2)} ${height}v-${h.toFixed(2)}h${bar.toFixed(2)}v${h.toFixed(2)}z`;
    })
    .join("");
  const peak = nums.length ? Math.max(...nums) : 0;
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${label}, peak ${exact(peak)}`}
      data-tip={`Peak ${exact(peak)}`}
      className="text-chart"
    >
      <path d={d} fill="currentColor" />
    </svg>
  );
}
