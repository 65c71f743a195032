import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { LevelBar, LevelWord } from "@/lib/severity";
import { Avatar } from "@/ui/avatar";
import { Chip } from "@/ui/chip";
import { cx } from "@/ui/cx";
import { Sparkline } from "@/ui/sparkline";
import { Count, Time } from "@/ui/values";
import { issueName, notable, reasonText, splitTitle, tellsMore } from "../words";

/** The columns, from the widest screen down; the same for the header and every row. */
const columns =
  "grid items-center gap-x-3 grid-cols-[20px_4px_minmax(0,1fr)_64px_56px_24px] md:grid-cols-[20px_4px_minmax(0,1fr)_112px_60px_52px_84px_24px] lg:grid-cols-[20px_4px_minmax(0,1fr)_112px_64px_56px_84px_84px_28px]";

/** The same with the project, for a list of all. */
const columnsOfAll =
  "grid items-center gap-x-3 grid-cols-[20px_4px_minmax(0,1fr)_64px_64px_56px_24px] md:grid-cols-[20px_4px_minmax(0,1fr)_96px_112px_60px_52px_84px_24px] lg:grid-cols-[20px_4px_minmax(0,1fr)_112px_112px_64px_56px_84px_84px_28px]";

export const columnsOf = (all: boolean) => (all ? columnsOfAll : columns);

export type RowProps = {
  issue: Issue;
  /** Whether the list is of all projects. */
  all: boolean;
  compact: boolean;
  selected: boolean;
  current: boolean;
  scale: number | undefined;
  onSelect: (issue: Issue, range: boolean) => void;
  onPoint: (issue: Issue) => void;
};

export function StateChip({ issue }: { issue: Issue }) {
  const word = notable(issue);
  if (!word) return null;
  const tone = word === "Resolved" ? "good" : word === "Archived" ? "neutral" : word === "New" ? "accent" : "strong";
  return (
    <Chip tone={tone} tip={tellsMore(issue.statusReason) ? `${word}: ${reasonText(issue.statusReason)}` : undefined}>
      {word}
    </Chip>
  );
}

function SelectBox({ issue, selected, onSelect }: Pick<RowProps, "issue" | "selected" | "onSelect">) {
  return (
    <input
      type="checkbox"
      className="h-4 w-4"
      aria-label={`Select ${issueName(issue)}`}
      checked={selected}
      onChange={() => {}}
      onClick={(e) => onSelect(issue, e.shiftKey)}
    />
  );
}

/** One issue in one line; cells that do not fit are left out, never squeezed. */
export const IssueRow = memo(function IssueRow({
  issue,
  all,
  compact,
  selected,
  current,
  scale,
  onSelect,
  onPoint,
}: RowProps) {
  const { type, value } = splitTitle(issue.title);
  return (
    <div
      role="row"
      data-current={current || undefined}
      onPointerDown={() => onPoint(issue)}
      className={cx(
        columnsOf(all),
        "relative h-[var(--row)] border-b border-line px-3 text-list hover:bg-hover",
        selected ? "bg-accent-soft" : current ? "bg-hover" : "bg-surface",
        current && "before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-accent",
      )}
    >
      <div role="cell" className="flex">
        <SelectBox issue={issue} selected={selected} onSelect={onSelect} />
      </div>
      <div role="cell">
        <LevelBar level={issue.level} />
      </div>
      <div role="cell" className="min-w-0">
        <div className="flex min-w-0 items-center gap-2 leading-[18px]">
          <Link
            to="/p/$project/issues/$issue"
            params={{ project: issue.projectSlug, issue: issue.id }}
            className="min-w-0 truncate after:absolute after:inset-y-0 after:right-0 after:left-10 after:content-['']"
          >
            <span className="font-semibold">{type}</span>
            {value && <span className="ml-1.5">{value}</span>}
          </Link>
          <StateChip issue={issue} />
          {issue.unhandled && <Chip tip="The newest event was not handled by the program">unhandled</Chip>}
          {compact && <span className="min-w-0 truncate text-meta text-muted max-md:hidden">{issue.culprit}</span>}
        </div>
        {!compact && (
          <div className="truncate text-meta leading-[15px] text-muted">
            <LevelWord level={issue.level} /> · {issueName(issue)} · {issue.culprit || issue.platform}
          </div>
        )}
        {compact && <LevelWord level={issue.level} className="sr-only" />}
      </div>
      {all && (
        <div role="cell" className="relative truncate text-muted" data-tip={issue.projectSlug}>
          {issue.projectSlug}
        </div>
      )}
      <div role="cell" className="relative max-md:hidden">
        <Sparkline
          values={issue.sparkline}
          max={scale}
          label={`Events of ${issueName(issue)}`}
          height={compact ? 20 : 24}
        />
      </div>
      <div role="cell" className="relative text-right">
        <Count n={issue.count} />
      </div>
      <div role="cell" className="relative text-right text-muted">
        <Count n={issue.userCount} />
      </div>
      <div role="cell" className="relative truncate text-right text-muted max-md:hidden">
        <Time at={issue.lastSeen} />
      </div>
      <div role="cell" className="relative truncate text-right text-muted max-lg:hidden">
        <Time at={issue.firstSeen} />
      </div>
      <div role="cell" className="relative flex justify-end">
        {issue.assignee && <Avatar name={issue.assignee} tip={`Assigned to ${issue.assignee}`} />}
      </div>
    </div>
  );
});

/** The same on a phone. */
export const IssueCard = memo(function IssueCard({
  issue,
  all,
  selected,
  current,
  scale,
  onSelect,
  onPoint,
}: RowProps) {
  const { type, value } = splitTitle(issue.title);
  return (
    <div
      role="row"
      data-current={current || undefined}
      onPointerDown={() => onPoint(issue)}
      className={cx(
        "relative flex h-[104px] gap-3 border-b border-line px-3 py-2.5",
        selected ? "bg-accent-soft" : "bg-surface",
      )}
    >
      <div role="cell" className="flex flex-col items-center gap-2 pt-0.5">
        <SelectBox issue={issue} selected={selected} onSelect={onSelect} />
        <LevelBar level={issue.level} />
      </div>
      <div role="cell" className="min-w-0 grow">
        <Link
          to="/p/$project/issues/$issue"
          params={{ project: issue.projectSlug, issue: issue.id }}
          className="line-clamp-2 text-list after:absolute after:inset-y-0 after:right-0 after:left-9 after:content-['']"
        >
          <span className="font-semibold">{type}</span> {value}
        </Link>
        <div className="mt-0.5 truncate text-meta text-muted">
          {all && <>{issue.projectSlug} · </>}
          <LevelWord level={issue.level} /> · {issueName(issue)} · {issue.culprit}
        </div>
        <div className="mt-1 flex items-center gap-2 text-meta text-muted">
          <span className="num">
            <span className="font-medium text-ink">
              <Count n={issue.count} />
            </span>{" "}
            events
          </span>
          <span className="num">
            <Count n={issue.userCount} /> users
          </span>
          <Time at={issue.lastSeen} form="span" />
          <StateChip issue={issue} />
          <span className="ml-auto">
            <Sparkline
              values={issue.sparkline}
              max={scale}
              width={56}
              height={16}
              label={`Events of ${issueName(issue)}`}
            />
          </span>
        </div>
      </div>
    </div>
  );
});
