import { durationMs } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery } from "@connectrpc/connect-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { AlertTriangle, CircleCheck, Clock, MinusCircle, XCircle } from "lucide-react";
import { AlertService, type Delivery } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { duration } from "@/lib/format";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { Time } from "@/ui/values";
import { useRules } from "./data";
import { stateText, whyText } from "./model";
import { type DeliveryState, deliveryStates } from "./search";

const icons: Record<string, typeof Clock> = {
  pending: Clock,
  sent: CircleCheck,
  failed: AlertTriangle,
  gave_up: XCircle,
  suppressed: MinusCircle,
};

/** The log of notifications, newest first. */
export function Deliveries() {
  const project = useProject();
  const search = useSearch({ from: "/in/p/$project/alerts" });
  const navigate = useNavigate({ from: "/p/$project/alerts" });
  const rules = useRules(project.id);
  const list = useInfiniteQuery(
    AlertService.method.listDeliveries,
    { projectId: project.id, status: search.status ?? "", ruleId: search.rule ?? "", pageSize: 50, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: (last) => last.nextPageToken || undefined, refetchInterval: 15_000 },
  );
  const deliveries = list.data?.pages.flatMap((p) => p.deliveries) ?? [];
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-48">
          <Select
            hideLabel
            label="Rule"
            value={search.rule ?? ""}
            onChange={(rule) => void navigate({ search: { ...search, rule: rule || undefined } })}
            options={[
              { id: "", label: "All rules" },
              ...(rules.data?.rules ?? []).map((r) => ({ id: r.id, label: r.name })),
            ]}
          />
        </div>
        <div className="w-56">
          <Select
            hideLabel
            label="Status"
            value={search.status ?? ""}
            onChange={(s) =>
              void navigate({ search: { ...search, status: (s || undefined) as DeliveryState | undefined } })
            }
            options={[{ id: "", label: "Any status" }, ...deliveryStates.map((s) => ({ id: s, label: stateText(s) }))]}
          />
        </div>
      </div>
      <Awaited of={list} what="notifications" still="Alerts are still being sent.">
        {Array.from({ length: 8 }, (_, i) => (
          <div key={i} className="flex h-12 items-center gap-6 border-b border-line">
            <Skeleton className="h-3 w-32" />
            <Skeleton className="h-3 w-64" />
          </div>
        ))}
      </Awaited>
      {list.isSuccess && deliveries.length === 0 && (
        <Empty title="No notification">
          {search.status || search.rule
            ? "None matches what is chosen above."
            : "When a rule matches, what became of its e-mails is listed here."}
        </Empty>
      )}
      {deliveries.length > 0 && (
        <ul className="card divide-y divide-line">
          {deliveries.map((d) => (
            <Line key={d.id} d={d} project={project.slug} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Older notifications
          </Button>
        </div>
      )}
    </>
  );
}

function Line({ d, project }: { d: Delivery; project: string }) {
  const Icon = icons[d.status] ?? Clock;
  const bad = d.status === "failed" || d.status === "gave_up";
  return (
    <li className="grid gap-x-4 gap-y-0.5 px-4 py-2 text-list sm:grid-cols-[160px_minmax(0,1fr)_auto] sm:items-center">
      <span className="flex min-w-0 items-center gap-2">
        <Icon
          size={14}
          aria-hidden
          className={
            d.status === "sent" ? "shrink-0 text-good-ink" : bad ? "shrink-0 text-error-ink" : "shrink-0 text-muted"
          }
        />
        <span className="min-w-0 truncate">{stateText(d.status)}</span>
      </span>
      <span className="min-w-0">
        <Link
          to="/p/$project/issues/$issue"
          params={{ project, issue: d.issueId }}
          className="block truncate hover:underline"
        >
          {d.issueTitle || d.issueId}
        </Link>
        <span className="block truncate text-meta text-muted">
          {d.ruleName} · to {d.recipient}
          {whyText(d) && ` · ${whyText(d)}`}
          {d.attempts > 1 && ` · ${d.attempts} attempts`}
          {bad && d.error && ` · ${d.error}`}
        </span>
      </span>
      <span className="text-meta whitespace-nowrap text-muted sm:text-right">
        <Time at={d.createdAt} />
        {d.latency && <span className="sm:block"> {duration(durationMs(d.latency))} after the event</span>}
      </span>
    </li>
  );
}
