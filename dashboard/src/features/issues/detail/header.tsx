import { Link } from "@tanstack/react-router";
import { Archive, Check, ChevronRight, RotateCcw, UserRoundPlus } from "lucide-react";
import type { ReactNode } from "react";
import type { Event } from "@/gen/faultline/event/v1/event_pb";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { LevelBar, LevelWord } from "@/lib/severity";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CopyText } from "@/ui/copy";
import { Skeleton } from "@/ui/state";
import { Count, Time } from "@/ui/values";
import { toggled } from "../actions";
import { issueName, reasonText, type Status, splitTitle, statusWord, tellsMore } from "../words";
import { place, whereFrame } from "./frames-model";

type HeaderProps = {
  issue: Issue;
  event: Event | undefined;
  project: string;
  onStatus: (s: Status) => void;
  onAssign: () => void;
};

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-meta text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0 text-list">{children}</dd>
    </div>
  );
}

function Where({ event, culprit }: { event: Event | undefined; culprit: string }) {
  if (!event) return <Skeleton className="mt-2 h-4 w-2/3" />;
  const frame = whereFrame(event.exceptions);
  if (!frame) return culprit ? <p className="mt-2 font-mono text-meta text-muted">in {culprit}</p> : null;
  return (
    <div className="mt-2 flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 font-mono text-meta">
      <a href="#exception" className="link min-w-0 [overflow-wrap:anywhere]">
        {place(frame)}
      </a>
      <span className="min-w-0 text-muted [overflow-wrap:anywhere]">in {frame.function}</span>
      {frame.contextLine.trim() && (
        <code className="max-w-full truncate rounded-sm bg-accent-soft px-1.5 py-0.5">{frame.contextLine.trim()}</code>
      )}
    </div>
  );
}

/** Answers, in order: what broke, where, who and how many, since when, whose, what next. */
export function IssueHeader({ issue, event, project, onStatus, onAssign }: HeaderProps) {
  const { type, value } = splitTitle(issue.title);
  const resolve = toggled([issue], "resolved");
  const archive = toggled([issue], "archived");
  const state = statusWord(issue);
  const tone =
    state === "Resolved"
      ? "good"
      : state === "New"
        ? "accent"
        : state === "Archived" || state === "Ongoing"
          ? "neutral"
          : "strong";
  return (
    <div>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <nav aria-label="Breadcrumb" className="flex items-center gap-1 text-list text-muted">
          <Link to="/p/$project/issues" params={{ project }} className="hover:text-ink" activeProps={{}}>
            Issues
          </Link>
          <ChevronRight size={13} aria-hidden />
          <span className="num font-medium text-ink">{issueName(issue)}</span>
          <CopyText text={issueName(issue)} label="Copy the issue's name" />
        </nav>
        <div className="flex flex-wrap gap-1.5">
          <Button
            kind={resolve === "resolved" ? "primary" : "plain"}
            data-tip={resolve === "resolved" ? "Resolve (e)" : "Open it again (e)"}
            icon={resolve === "resolved" ? <Check size={14} aria-hidden /> : <RotateCcw size={14} aria-hidden />}
            onClick={() => onStatus(resolve)}
          >
            {resolve === "resolved" ? "Resolve" : "Reopen"}
          </Button>
          {issue.status !== "resolved" && (
            <Button
              data-tip={archive === "archived" ? "Archive (i)" : "Open it again (i)"}
              icon={<Archive size={14} aria-hidden />}
              onClick={() => onStatus(archive)}
            >
              {archive === "archived" ? "Archive" : "Reopen"}
            </Button>
          )}
          <Button
            data-tip="Assign (a)"
            icon={issue.assignee ? <Avatar name={issue.assignee} /> : <UserRoundPlus size={14} aria-hidden />}
            onClick={onAssign}
          >
            {issue.assignee ? <span className="max-w-36 truncate">{issue.assignee}</span> : "Assign"}
          </Button>
        </div>
      </div>

      <div className="mt-3 flex gap-3">
        <div className="pt-0.5">
          <LevelBar level={issue.level} />
        </div>
        <div className="min-w-0 grow">
          <h1 className="text-title font-semibold [overflow-wrap:anywhere]">{type}</h1>
          {value && (
            <p className="mt-0.5 line-clamp-4 font-mono text-list leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
              {value}
            </p>
          )}
          <Where event={event} culprit={issue.culprit} />
          <div className="mt-2 flex flex-wrap items-center gap-2 text-meta">
            <LevelWord level={issue.level} />
            <Chip
              tone={issue.unhandled ? "strong" : "neutral"}
              tip={
                issue.unhandled ? "The program did not handle the newest event" : "The program handled the newest event"
              }
            >
              {issue.unhandled ? "unhandled" : "handled"}
            </Chip>
            <Chip tone={tone}>{state}</Chip>
            {tellsMore(issue.statusReason) && (
              <span className="text-muted">because {reasonText(issue.statusReason)}</span>
            )}
          </div>
        </div>
      </div>

      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 border-y border-line py-3 sm:grid-cols-3 md:grid-cols-[auto_auto_1fr_1fr_1fr] lg:gap-x-10">
        <Fact label="Events">
          <Count n={issue.count} className="text-lead font-semibold" />
        </Fact>
        <Fact label="Users">
          <Count n={issue.userCount} className="text-lead font-semibold" />
        </Fact>
        <Fact label="First seen">
          <Time at={issue.firstSeen} />
          {issue.firstRelease && <span className="block truncate text-meta text-muted">in {issue.firstRelease}</span>}
        </Fact>
        <Fact label="Last seen">
          <Time at={issue.lastSeen} />
          {issue.lastRelease && <span className="block truncate text-meta text-muted">in {issue.lastRelease}</span>}
        </Fact>
        <Fact label="Assignee">
          {issue.assignee ? (
            <span className="block truncate">{issue.assignee}</span>
          ) : (
            <span className="text-muted">Nobody</span>
          )}
          {issue.mergedIds.length > 0 && (
            <span className="block text-meta text-muted">{issue.mergedIds.length} merged into this</span>
          )}
        </Fact>
      </dl>
    </div>
  );
}
