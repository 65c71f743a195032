import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChevronRight, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Rule } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject, useSession } from "@/lib/current";
import { useTitle } from "@/lib/title";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Page } from "@/ui/page";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { toast } from "@/ui/toast";
import { useRuleChanges, useRules } from "./data";
import { emptyDraft, fromDraft, toDraft } from "./model";
import { RuleForm } from "./rule-form";

/** A rule: a new one, or one that exists. */
export function RulePage() {
  const project = useProject();
  const { member } = useSession();
  const { rule: id } = useParams({ from: "/in/p/$project/alerts/$rule" });
  const { query } = useSearch({ from: "/in/p/$project/alerts/$rule" });
  const navigate = useNavigate();
  const rules = useRules(project.id);
  const { create, update, remove } = useRuleChanges(project.id);
  const [removing, setRemoving] = useState<Rule>();
  const rule = rules.data?.rules.find((r) => r.id === id);
  const isNew = id === "new";
  useTitle(isNew ? "New alert rule" : (rule?.name ?? "Alert rule"));

  const back = (text: string) => {
    toast({ text });
    void navigate({ to: "/p/$project/alerts", params: { project: project.slug }, search: {} });
  };
  return (
    <Page narrow>
      <nav aria-label="Breadcrumb" className="mb-4 flex items-center gap-1 text-list text-muted">
        <Link to="/p/$project/alerts" params={{ project: project.slug }} className="hover:text-ink" activeProps={{}}>
          Alerts
        </Link>
        <ChevronRight size={13} aria-hidden />
        <span className="truncate text-ink">{isNew ? "New rule" : (rule?.name ?? id)}</span>
      </nav>
      {isNew && (
        <RuleForm
          draft={emptyDraft(member?.email ?? "", query)}
          title="New rule"
          save="Create rule"
          busy={create.isPending}
          error={create.error}
          onSave={(d) =>
            create.mutate(
              { projectId: project.id, rule: fromDraft(d, "") },
              { onSuccess: (r) => back(`Created ${r.name}`) },
            )
          }
        />
      )}
      {!isNew && rule && (
        <RuleForm
          key={rule.id}
          draft={toDraft(rule)}
          title={rule.name}
          save="Save rule"
          busy={update.isPending}
          error={update.error}
          onSave={(d) =>
            update.mutate(
              { projectId: project.id, rule: fromDraft(d, rule.id) },
              { onSuccess: (r) => back(`Saved ${r.name}`) },
            )
          }
          extra={
            <Button kind="danger" icon={<Trash2 size={14} aria-hidden />} onClick={() => setRemoving(rule)}>
              Delete
            </Button>
          }
        />
      )}
      {!isNew && (
        <Awaited of={rules} what="the rule" page>
          <h1 className="sr-only">Alert rule</h1>
          <Skeleton className="mb-4 h-6 w-60" />
          <Skeleton className="h-64 w-full" />
        </Awaited>
      )}
      {!isNew && rules.isSuccess && !rule && (
        <Empty
          page
          title="There is no such rule"
          actions={
            <Link to="/p/$project/alerts" params={{ project: project.slug }} className={buttonClass("primary")}>
              All rules
            </Link>
          }
        >
          It may have been deleted.
        </Empty>
      )}
      <Dialog
        open={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        title={`Delete ${removing?.name ?? "the rule"}?`}
        description="Nobody is told by it any more. Its notifications stay in the log."
        actions={
          <>
            <Button onClick={() => setRemoving(undefined)}>Cancel</Button>
            <Button
              kind="danger"
              busy={remove.isPending}
              onClick={() =>
                removing &&
                remove.mutate(
                  { projectId: project.id, ruleId: removing.id },
                  { onSuccess: () => back(`Deleted ${removing.name}`) },
                )
              }
            >
              Delete rule
            </Button>
          </>
        }
      />
    </Page>
  );
}
