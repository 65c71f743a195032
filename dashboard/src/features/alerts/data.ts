import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { AlertService, type Rule } from "@/gen/faultline/admin/v1/admin_pb";
import { failure } from "@/lib/errors";
import { toast } from "@/ui/toast";

const rulesKey = createConnectQueryKey({ schema: AlertService.method.listRules, cardinality: "finite" });

export function useRules(projectId: number) {
  return useQuery(AlertService.method.listRules, { projectId });
}

/** Making, changing and removing rules; each keeps the list true. */
export function useRuleChanges(projectId: number) {
  const client = useQueryClient();
  const after = { onSuccess: () => client.invalidateQueries({ queryKey: rulesKey }) };
  const create = useMutation(AlertService.method.createRule, after);
  const update = useMutation(AlertService.method.updateRule, after);
  const remove = useMutation(AlertService.method.deleteRule, after);
  return {
    create,
    update,
    remove,
    /** Switches a rule on or off at once; back, and says why, if the server refuses. */
    async setEnabled(rule: Rule, enabled: boolean) {
      const show = (on: boolean) =>
        client.setQueriesData<{ rules: Rule[] }>(
          { queryKey: rulesKey as readonly unknown[] },
          (d) => d && { ...d, rules: d.rules.map((r) => (r.id === rule.id ? { ...r, enabled: on } : r)) },
        );
      show(enabled);
      try {
        await update.mutateAsync({ projectId, rule: { ...rule, enabled } });
        toast({ text: `${rule.name} is ${enabled ? "on" : "off"}` });
      } catch (err) {
        show(!enabled);
        toast({ bad: true, text: `${rule.name} was not changed`, detail: failure(err).detail });
      }
    },
  };
}
