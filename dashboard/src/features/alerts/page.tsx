import { Link, useSearch } from "@tanstack/react-router";
import { BellPlus, Plus } from "lucide-react";
import type { Rule } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { useTitle } from "@/lib/title";
import { buttonClass } from "@/ui/button";
import { Page, PageHead } from "@/ui/page";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { Switch } from "@/ui/switch";
import { TabBar, tabClass } from "@/ui/tabs";
import { useRuleChanges, useRules } from "./data";
import { Deliveries } from "./deliveries";
import { RuleSentence } from "./sentence";

/** Who is told of what, and what became of each notification. */
export function AlertsPage() {
  const project = useProject();
  const { tab } = useSearch({ from: "/in/p/$project/alerts" });
  useTitle(`Alerts of ${project.name}`);
  return (
    <Page>
      <PageHead
        title="Alerts"
        about="Rules decide who gets an e-mail. Every notification is in the log, also those that were held back."
        actions={
          <Link
            to="/p/$project/alerts/$rule"
            params={{ project: project.slug, rule: "new" }}
            className={buttonClass("primary")}
          >
            <Plus size={14} aria-hidden /> New rule
          </Link>
        }
      />
      <TabBar label="Alerts">
        <Link
          to="/p/$project/alerts"
          params={{ project: project.slug }}
          search={{}}
          className={tabClass(tab === undefined)}
          aria-current={tab === undefined ? "page" : undefined}
          activeProps={{}}
        >
          Rules
        </Link>
        <Link
          to="/p/$project/alerts"
          params={{ project: project.slug }}
          search={{ tab: "deliveries" }}
          className={tabClass(tab === "deliveries")}
          aria-current={tab ? "page" : undefined}
          activeProps={{}}
        >
          Notifications
        </Link>
      </TabBar>
      <div className="mt-4">{tab === "deliveries" ? <Deliveries /> : <Rules />}</div>
    </Page>
  );
}

function Rules() {
  const project = useProject();
  const rules = useRules(project.id);
  const { setEnabled } = useRuleChanges(project.id);
  if (!rules.data)
    return (
      <Awaited of={rules} what="rules" still="Alerts are still being sent.">
        {Array.from({ length: 3 }, (_, i) => (
          <div key={i} className="card mb-3 p-4">
            <Skeleton className="mb-2 h-4 w-52" />
            <Skeleton className="h-3 w-4/5" />
          </div>
        ))}
      </Awaited>
    );
  const list = rules.data.rules;
  if (list.length === 0) {
    return (
      <Empty
        icon={<BellPlus size={28} />}
        title="Nobody is told yet"
        actions={
          <Link
            to="/p/$project/alerts/$rule"
            params={{ project: project.slug, rule: "new" }}
            className={buttonClass("primary")}
          >
            New rule
          </Link>
        }
      >
        A rule sends an e-mail when a new issue appears, when one comes back, or for every event that matches a search.
      </Empty>
    );
  }
  return (
    <ul className="flex flex-col gap-3">
      {list.map((r) => (
        <RuleCard key={r.id} rule={r} project={project.slug} onEnabled={(on) => void setEnabled(r, on)} />
      ))}
    </ul>
  );
}

function RuleCard({ rule, project, onEnabled }: { rule: Rule; project: string; onEnabled: (on: boolean) => void }) {
  return (
    <li className="card flex items-start gap-4 p-4">
      <div className="min-w-0 grow">
        <div className="flex items-center gap-3">
          <h2 className="min-w-0 truncate text-body font-semibold">
            <Link to="/p/$project/alerts/$rule" params={{ project, rule: rule.id }} className="hover:underline">
              {rule.name}
            </Link>
          </h2>
          {!rule.enabled && <span className="text-meta text-muted">off</span>}
        </div>
        <RuleSentence rule={rule} />
        <p className="mt-1 flex gap-4 text-meta">
          <Link to="/p/$project/alerts/$rule" params={{ project, rule: rule.id }} className="link">
            Edit
          </Link>
          <Link
            to="/p/$project/alerts"
            params={{ project }}
            search={{ tab: "deliveries", rule: rule.id }}
            className="link"
            activeProps={{}}
          >
            Notifications
          </Link>
        </p>
      </div>
      <Switch on={rule.enabled} label={`${rule.name} is on`} onChange={onEnabled} />
    </li>
  );
}
