import { ConnectError } from "@connectrpc/connect";
import { callUnaryMethod } from "@connectrpc/connect-query";
import { useEffect, useState } from "react";
import { GroupingService, type RuleProblem, RuleProblemsSchema } from "@/gen/faultline/admin/v1/admin_pb";
import { transport } from "@/lib/client";

export type Rules = { fingerprintRules: string; stackRules: string };

/** The mistakes that an error names, if it names any. */
export function ruleProblems(err: unknown): RuleProblem[] | undefined {
  if (!(err instanceof ConnectError)) return undefined;
  return err.findDetails(RuleProblemsSchema)[0]?.problems;
}

const none: RuleProblem[] = [];

/** The mistakes in rules, looked up by the server a moment after somebody stops typing. */
export function useProblems(projectId: number, rules: Rules): RuleProblem[] {
  const [found, setFound] = useState(none);
  const { fingerprintRules, stackRules } = rules;
  useEffect(() => {
    const gone = new AbortController();
    const timer = setTimeout(() => {
      callUnaryMethod(
        transport,
        GroupingService.method.previewGrouping,
        { projectId, fingerprintRules, stackRules, validateOnly: true },
        { signal: gone.signal },
      ).then(
        () => setFound(none),
        (err: unknown) => {
          const problems = ruleProblems(err);
          if (problems && !gone.signal.aborted) setFound(problems);
        },
      );
    }, 350);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [projectId, fingerprintRules, stackRules]);
  return found;
}
