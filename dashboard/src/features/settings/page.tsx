import { Link, useSearch } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense } from "react";
import { useProject } from "@/lib/current";
import { useTitle } from "@/lib/title";
import { Page, PageHead } from "@/ui/page";
import { Loading } from "@/ui/state";
import { TabBar, tabClass } from "@/ui/tabs";
import { Filters } from "./filters";
import { Keys } from "./keys";
import { Members } from "./members";
import { Rows } from "./parts";
import { Scrubbing } from "./scrubbing";
import type { SettingsSearch } from "./search";
import { Tokens } from "./tokens";

type Section = { id: SettingsSearch["section"]; label: string; shows: ComponentType };

const sections: Section[] = [
  { id: undefined, label: "Keys", shows: Keys },
  { id: "grouping", label: "Grouping", shows: lazy(() => import("./grouping/page")) },
  { id: "filters", label: "Filters", shows: Filters },
  { id: "scrubbing", label: "Data scrubbing", shows: Scrubbing },
  { id: "tokens", label: "API tokens", shows: Tokens },
  { id: "members", label: "Members", shows: Members },
];

/** What gives access, what groups, refuses and cleans events, and who belongs here. */
export function SettingsPage() {
  const project = useProject();
  const { section } = useSearch({ from: "/in/p/$project/settings" });
  useTitle(`Settings of ${project.name}`);
  const Shown = sections.find((s) => s.id === section)?.shows ?? Keys;
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
      <div className="mt-4">
        <Suspense
          fallback={
            <Loading what="settings">
              <Rows />
            </Loading>
          }
        >
          <Shown key={project.id} />
        </Suspense>
      </div>
    </Page>
  );
}
