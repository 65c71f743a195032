import type { Rule } from "@/gen/faultline/admin/v1/admin_pb";
import { sentence } from "./model";

/** A rule as a sentence: when … matching … notify … at most once in …. */
export function RuleSentence({ rule }: { rule: Pick<Rule, "triggers" | "query" | "emails" | "throttle"> }) {
  const s = sentence(rule);
  return (
    <p className="text-list leading-6 text-muted">
      When <b className="font-medium text-ink">{s.when || "…"}</b>
      {s.matching && (
        <>
          {" "}
          matching{" "}
          <code className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-meta text-ink [overflow-wrap:anywhere]">
            {s.matching}
          </code>
        </>
      )}
      , notify <b className="font-medium text-ink [overflow-wrap:anywhere]">{s.notify}</b> {s.often}.
    </p>
  );
}
