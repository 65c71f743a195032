import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import type { Delivery, Rule } from "@/gen/faultline/admin/v1/admin_pb";
import { duration } from "@/lib/format";

export const triggers = [
  { id: "new_issue", label: "a new issue appears" },
  { id: "regression", label: "a resolved issue comes back" },
  { id: "event", label: "any event arrives" },
] as const;

export type Trigger = (typeof triggers)[number]["id"];

export const throttles = [
  { id: "0", label: "every time", ms: 0 },
  { id: "300000", label: "at most once in 5 minutes", ms: 5 * 60_000 },
  { id: "1800000", label: "at most once in 30 minutes", ms: 30 * 60_000 },
  { id: "3600000", label: "at most once in 1 hour", ms: 3_600_000 },
  { id: "21600000", label: "at most once in 6 hours", ms: 6 * 3_600_000 },
  { id: "86400000", label: "at most once in 1 day", ms: 86_400_000 },
];

/** What a person fills in. */
export type Draft = {
  name: string;
  enabled: boolean;
  triggers: Trigger[];
  query: string;
  emails: string;
  throttleMs: number;
};

export function emptyDraft(email: string, query = ""): Draft {
  return { name: "", enabled: true, triggers: ["new_issue"], query, emails: email, throttleMs: 30 * 60_000 };
}

export function toDraft(r: Rule): Draft {
  return {
    name: r.name,
    enabled: r.enabled,
    triggers: triggers.map((t) => t.id).filter((t) => r.triggers.includes(t)),
    query: r.query,
    emails: r.emails.join(", "),
    throttleMs: r.throttle ? durationMs(r.throttle) : 0,
  };
}

export function splitEmails(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

type Problems = { name?: string; triggers?: string; emails?: string };

/** What keeps a draft from being saved, by field. The query is checked by the server, which knows the language. */
export function problems(d: Draft): Problems {
  const p: Problems = {};
  if (!d.name.trim()) p.name = "A rule needs a name.";
  if (d.triggers.length === 0) p.triggers = "Choose at least one.";
  const emails = splitEmails(d.emails);
  const wrong = emails.find((e) => !/^[^@\s]+@[^@\s]+$/.test(e));
  if (emails.length === 0) p.emails = "Somebody has to be told.";
  else if (wrong) p.emails = `${wrong} is no e-mail address.`;
  return p;
}

export function fromDraft(d: Draft, id: string) {
  return {
    id,
    name: d.name.trim(),
    enabled: d.enabled,
    triggers: d.triggers as string[],
    query: d.query.trim(),
    emails: splitEmails(d.emails),
    throttle: durationFromMs(d.throttleMs),
  };
}

function join(words: string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

type Sentence = { when: string; matching: string; notify: string; often: string };

/** The parts of a rule, read as a sentence. */
export function sentence(r: Pick<Rule, "triggers" | "query" | "emails" | "throttle">): Sentence {
  const ms = r.throttle ? durationMs(r.throttle) : 0;
  return {
    when: join(r.triggers.map((t) => triggers.find((x) => x.id === t)?.label ?? t)),
    matching: r.query,
    notify: r.emails.join(", ") || "nobody",
    often: ms === 0 ? "every time" : (throttles.find((t) => t.ms === ms)?.label ?? `at most once in ${duration(ms)}`),
  };
}

const reasons: Record<string, string> = {
  throttled: "told recently",
  duplicate: "told of the same cause already",
  archived: "the issue is archived",
  rule_disabled: "the rule is off",
  invalid_query: "the rule's search cannot be read",
  no_email_configured: "the server has no mail settings",
  smtp_error: "the mail server refused",
  resend_error: "the mail service refused",
};

const states: Record<string, string> = {
  pending: "Waiting",
  sent: "Sent",
  failed: "Failed, will retry",
  gave_up: "Given up",
  suppressed: "Not sent",
};

/** What became of a notification, in words. */
export function stateText(status: string): string {
  return states[status] ?? status;
}

/** Why it became that; empty if there is nothing to explain. */
export function whyText(d: Pick<Delivery, "status" | "reason">): string {
  return d.reason && d.status !== "sent" ? (reasons[d.reason] ?? d.reason.replaceAll("_", " ")) : "";
}
