import { Link, useSearch } from "@tanstack/react-router";
import { useProject } from "@/lib/current";
import { useTitle } from "@/lib/title";
import { Page, PageHead } from "@/ui/page";
import { TabBar, tabClass } from "@/ui/tabs";
import { Keys } from "./keys";
import { Members } from "./members";
import { Tokens } from "./tokens";

const sections = [
  { id: undefined, label: "Keys" },
  { id: "tokens", label: "API tokens" },
  { id: "members", label: "Members" },
] as const;

/** What gives access: to send, to read, and who belongs here. */
export function SettingsPage() {
  const project = useProject();
  const { section } = useSearch({ from: "/in/p/$project/settings" });
  useTitle(`Settings of ${project.name}`);
  return (
    <Page narrow>
      <PageHead
        title="Settings"
        about={
          <>
            {project.name} · project {project.id} · <code className="font-mono">{project.slug}</code> · events are kept{" "}
            {project.retentionDays} days
          </>
        }
      />
      <TabBar label="Settings">
        {sections.map((s) => (
          <Link
            key={s.label}
            to="/p/$project/settings"
            params={{ project: project.slug }}
            search={{ section: s.id }}
            aria-current={s.id === section ? "page" : undefined}
            className={tabClass(s.id === section)}
            activeProps={{}}
          >
            {s.label}
          </Link>
        ))}
      </TabBar>
      <div className="mt-4">{section === "tokens" ? <Tokens /> : section === "members" ? <Members /> : <Keys />}</div>
    </Page>
  );
}
