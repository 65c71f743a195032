import type { Activity, Issue } from "@/gen/faultline/query/v1/query_pb";

/** The states of the workflow. */
export type Status = "unresolved" | "resolved" | "archived";

const reasons: Record<string, string> = {
  first_seen: "its first event arrived",
  by_user: "somebody chose it",
  regressed: "an event happened after it was resolved",
  late_event: "an event arrived that happened before it was resolved",
  old_release: "an event came from a release without the fix",
  archived: "it is archived",
  ongoing: "it is still happening",
};

/** Why the issue has its state, as a clause after "because". */
export function reasonText(reason: string): string {
  return reasons[reason] ?? reason.replaceAll("_", " ");
}

/** Whether the reason tells more than the state itself. */
export function tellsMore(reason: string): boolean {
  return !["", "first_seen", "by_user", "ongoing", "new"].includes(reason);
}

export function statusWord(issue: Pick<Issue, "status" | "substatus">): string {
  if (issue.status === "resolved") return "Resolved";
  if (issue.status === "archived") return "Archived";
  switch (issue.substatus) {
    case "new":
      return "New";
    case "regressed":
      return "Regressed";
    case "escalating":
      return "Escalating";
    default:
      return "Ongoing";
  }
}

/** The word that deserves a chip in a list, if any. */
export function notable(issue: Pick<Issue, "status" | "substatus">): string | undefined {
  const word = statusWord(issue);
  return word === "Ongoing" ? undefined : word;
}

/** Splits "type: value" as the title joins them. */
export function splitTitle(title: string): { type: string; value: string } {
  const at = title.indexOf(": ");
  if (at <= 0 || /\s/.test(title.slice(0, at))) return { type: title, value: "" };
  return { type: title.slice(0, at), value: title.slice(at + 2) };
}

/** What a person calls an issue that may not have its number yet. */
export function issueName(issue: Pick<Issue, "shortId" | "id">): string {
  return issue.shortId || issue.id.slice(0, 8);
}

/**
 * Whether a query that names a state leaves this issue out, so that a row goes
 * away the moment it is resolved and comes back when that is undone.
 */
export function leftOut(query: string, issue: Pick<Issue, "status">): boolean {
  const wants: [RegExp, Status][] = [
    [/(^|\s)is:unresolved(\s|$)/, "unresolved"],
    [/(^|\s)is:resolved(\s|$)/, "resolved"],
    [/(^|\s)is:archived(\s|$)/, "archived"],
  ];
  if (/(^|\s)OR(\s|$)/.test(query)) return false;
  return wants.some(([re, status]) => re.test(query) && issue.status !== status);
}

/** What happened to an issue. What a detail is depends on the kind. */
export function activityText({ kind, detail }: Pick<Activity, "kind" | "detail">): string {
  switch (kind) {
    case "first_seen":
      return "First event";
    case "resolved":
      return detail ? `Resolved, with ${detail} the newest release` : "Resolved";
    case "unresolved":
      return "Reopened";
    case "assigned":
      return `Assigned to ${detail}`;
    case "regressed":
      return detail ? `Regressed in ${detail}` : "Regressed";
    case "merged":
      return detail.startsWith("into ") ? "Merged into another issue" : "Another issue was merged into this one";
    case "unmerged":
      return detail.startsWith("from ") ? "Taken out of another issue" : "Another issue was taken out of this one";
    default:
      return kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll("_", " ");
  }
}
