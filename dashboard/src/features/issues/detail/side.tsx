import { useMemo, useState } from "react";
import type { GetIssueResponse, TagDistribution } from "@/gen/faultline/query/v1/query_pb";
import { exact } from "@/lib/format";
import { useNow } from "@/lib/now";
import { BarChart } from "@/ui/bar-chart";
import { cx } from "@/ui/cx";
import { Card } from "@/ui/page";
import { ActivityList } from "./activity";

const HOUR = 3_600_000;

function Trend({ data }: { data: GetIssueResponse }) {
  const [range, setRange] = useState<"24h" | "30d">("24h");
  const values = range === "24h" ? data.last24h : data.last30d;
  const step = range === "24h" ? HOUR : 24 * HOUR;
  const now = useNow();
  // Both trends end with the hour that is under way.
  const end = Math.ceil(now / HOUR) * HOUR;
  const times = useMemo(() => values.map((_, i) => end - (values.length - i) * step), [values, end, step]);
  const series = useMemo(() => [{ label: "events", values: values.map(Number), color: "chart" }], [values]);
  const total = values.reduce((a, b) => a + b, 0n);
  return (
    <Card
      title="Events"
      aside={
        <div role="group" aria-label="Range of the chart" className="flex gap-0.5">
          {(["24h", "30d"] as const).map((r) => (
            <button
              key={r}
              type="button"
              aria-pressed={r === range}
              className={cx(
                "h-6 rounded-sm px-2 text-meta",
                r === range ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-hover",
              )}
              onClick={() => setRange(r)}
            >
              {r === "24h" ? "24 h" : "30 d"}
            </button>
          ))}
        </div>
      }
    >
      <BarChart
        label={`${exact(total)} in the last ${range === "24h" ? "24 hours" : "30 days"}`}
        times={times}
        series={series}
        height={110}
      />
    </Card>
  );
}

function Distribution({ tag, onPick }: { tag: TagDistribution; onPick: (key: string, value: string) => void }) {
  const total = Number(tag.total) || 1;
  return (
    <section>
      <h3 className="mb-1 text-meta font-semibold">{tag.key}</h3>
      <ul className="flex flex-col gap-0.5">
        {tag.values.slice(0, 5).map((v) => {
          const share = Math.min(1, Number(v.count) / total);
          return (
            <li key={v.value}>
              <button
                type="button"
                className="relative flex h-6 w-full items-center justify-between gap-2 overflow-hidden rounded-sm px-1.5 text-left text-meta hover:bg-hover"
                data-tip={`${v.value}\n${exact(v.count)} of ${exact(tag.total)} events. Click to see them.`}
                onClick={() => onPick(tag.key, v.value)}
              >
                <span
                  aria-hidden
                  className="absolute inset-y-0 left-0 rounded-sm bg-chart/20"
                  style={{ width: `${share * 100}%` }}
                />
                <span className="relative min-w-0 truncate font-mono">{v.value || "(empty)"}</span>
                <span className="num relative shrink-0 text-muted">
                  {share > 0 && share < 0.01 ? "<1" : Math.round(share * 100)} %
                </span>
              </button>
            </li>
          );
        })}
        {tag.values.length > 5 && (
          <li className="px-1.5 text-meta text-muted">and {tag.values.length - 5} more values</li>
        )}
      </ul>
    </section>
  );
}

/** Beside the event: trend, tags, and what happened to the issue. */
export function Side({ data, onPick }: { data: GetIssueResponse; onPick: (key: string, value: string) => void }) {
  return (
    <aside aria-label="About this issue" className="flex flex-col gap-4">
      <Trend data={data} />
      {data.tags.length > 0 && (
        <Card title="Tags">
          <div className="flex flex-col gap-4">
            {data.tags.map((t) => (
              <Distribution key={t.key} tag={t} onPick={onPick} />
            ))}
          </div>
        </Card>
      )}
      <Card title="Activity">{data.issue && <ActivityList issueId={data.issue.id} />}</Card>
    </aside>
  );
}
