import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { GroupingIssue, GroupingMerge, GroupingPreview, GroupingSplit } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { exact, plural } from "@/lib/format";
import { Chip } from "@/ui/chip";
import { Card } from "@/ui/page";

/** What rules would do: what was looked at, which issues become one, and which come apart. */
export function PreviewReport({ preview, days }: { preview: GroupingPreview; days: number }) {
  const p = preview;
  const nothing = p.mergeCount === 0 && p.splitCount === 0 && p.renamed === 0;
  return (
    <section aria-label="What the rules would do" className="flex flex-col gap-4">
      <Card>
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
          <Count label="become one" value={p.mergeCount} about={plural(p.mergeCount, "merge")} />
          <Count label="come apart" value={p.splitCount} about={plural(p.splitCount, "split")} />
          <Count label="go on, renamed" value={p.renamed} about="another fingerprint, the same events" />
          <Count label="stay" value={p.staying} about={`of ${plural(p.issues, "issue")}`} />
        </dl>
        <p className="mt-3 text-meta text-muted">
          {exact(p.eventsLookedAt)} of {plural(p.events, "event")} of the last {plural(days, "day")} looked at
          {p.stoppedBy === "limit" && ", the newest of each issue"}
          {p.stoppedBy === "time" && "; then the time was over, so some issues are missing here"}.
          {p.eventsGroupedOtherwise > 0n &&
            ` ${exact(p.eventsGroupedOtherwise)} of them came when rules were others: what is said of them holds for the next event like them.`}
        </p>
        {nothing && p.issues > 0 && (
          <p className="mt-2 text-list">These rules change nothing for the issues looked at.</p>
        )}
        {p.issues === 0 && (
          <p className="mt-2 text-list">No event came in these days, so there is nothing to compare.</p>
        )}
      </Card>
      {p.merges.length > 0 && (
        <Card title={`Issues that become one (${exact(p.mergeCount)})`} flush>
          <ul className="divide-y divide-line">
            {p.merges.map((m) => (
              <Merge key={m.into?.id} merge={m} />
            ))}
          </ul>
          <More shown={p.merges.length} of={p.mergeCount} />
        </Card>
      )}
      {p.splits.length > 0 && (
        <Card title={`Issues that come apart (${exact(p.splitCount)})`} flush>
          <p className="border-b border-line px-4 py-2 text-meta text-muted">
            New events go apart. Stored ones follow in the background if the rules are applied to the past.
          </p>
          <ul className="divide-y divide-line">
            {p.splits.map((s, i) => (
              <Split key={i} split={s} />
            ))}
          </ul>
          <More shown={p.splits.length} of={p.splitCount} />
        </Card>
      )}
    </section>
  );
}

function Count({ label, value, about }: { label: string; value: number; about: string }) {
  return (
    <div>
      <dt className="text-meta text-muted">{label}</dt>
      <dd className="num text-title font-semibold">
        {exact(value)} <span className="block text-meta font-normal text-muted">{about}</span>
      </dd>
    </div>
  );
}

function More({ shown, of }: { shown: number; of: number }) {
  if (of <= shown) return null;
  return (
    <p className="border-t border-line px-4 py-2 text-meta text-muted">
      and {exact(of - shown)} more, with fewer events
    </p>
  );
}

function Merge({ merge }: { merge: GroupingMerge }) {
  return (
    <li className="px-4 py-3">
      {merge.into && <IssueLine issue={merge.into} strong />}
      <p className="mt-1 text-meta text-muted">takes in {plural(merge.fromCount, "issue")}</p>
      <ul className="mt-1 ml-2 border-l border-line pl-3">
        {merge.from.map((i) => (
          <li key={i.id}>
            <IssueLine issue={i} />
          </li>
        ))}
      </ul>
      {merge.fromCount > merge.from.length && (
        <p className="ml-5 text-meta text-muted">and {exact(merge.fromCount - merge.from.length)} more</p>
      )}
    </li>
  );
}

function Split({ split }: { split: GroupingSplit }) {
  return (
    <li className="px-4 py-3">
      {split.issue && <IssueLine issue={split.issue} strong />}
      <ul className="mt-1 ml-2 border-l border-line pl-3">
        {split.parts.map((p, i) => (
          <li key={i} className="flex min-h-7 items-center gap-2 text-list">
            <Chip tone={p.joins ? "neutral" : "accent"}>
              {p.joins ? (p.joins.id === split.issue?.id ? "goes on" : `joins ${p.joins.shortId}`) : "new issue"}
            </Chip>
            <span className="min-w-0 grow truncate">{p.title}</span>
            <Events n={p.events} word="looked at" />
          </li>
        ))}
      </ul>
      {split.partCount > split.parts.length && (
        <p className="ml-5 text-meta text-muted">and {exact(split.partCount - split.parts.length)} more</p>
      )}
    </li>
  );
}

function Events({ n, word }: { n: bigint; word?: string }): ReactNode {
  return (
    <span className="num shrink-0 text-meta whitespace-nowrap text-muted" data-tip={word && `events ${word}`}>
      {plural(n, "event")}
    </span>
  );
}

function IssueLine({ issue, strong }: { issue: GroupingIssue; strong?: boolean }) {
  const project = useProject();
  return (
    <div className="flex min-h-7 items-center gap-2 text-list">
      <Link
        to="/p/$project/issues/$issue"
        params={{ project: project.slug, issue: issue.shortId || issue.id }}
        className={`link min-w-0 truncate ${strong ? "font-medium" : ""}`}
      >
        {issue.shortId && <span className="text-muted">{issue.shortId} </span>}
        {issue.title || "Untitled"}
      </Link>
      <span className="min-w-0 grow truncate text-meta text-muted max-sm:hidden">{issue.culprit}</span>
      <Events n={issue.events} />
    </div>
  );
}
