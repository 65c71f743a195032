import { Outlet, useNavigate, useParams, useRouteContext } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { ProjectProvider, SessionProvider } from "@/lib/current";
import { useHotkeys } from "@/lib/hotkeys";
import { prefs, usePrefs } from "@/lib/prefs";
import { ControlsOutlet } from "@/ui/slot";
import { AccountMenu } from "./account-menu";
import { NoProject, NotFound } from "./fallback";
import { Help } from "./help";
import { NewProject } from "./new-project";
import { Palette } from "./palette";
import { ProjectSwitcher } from "./project-switcher";
import { BottomBar, Rail } from "./rail";

/** Everything behind the sign-in. */
export function SignedIn() {
  const { session } = useRouteContext({ from: "/in" });
  return (
    <SessionProvider session={session}>
      <Outlet />
    </SessionProvider>
  );
}

/** The pages of a project. */
export function Shell() {
  const { projects } = useRouteContext({ from: "/in" });
  const { project: slug } = useParams({ from: "/in/p/$project" });
  const project = projects.find((p) => p.slug === slug || String(p.id) === slug);
  useEffect(() => {
    if (project && prefs.get().project !== project.slug) prefs.set({ project: project.slug });
  }, [project]);
  if (!project) return <NotFound />;
  return (
    <ProjectProvider project={project}>
      <Frame projects={projects} project={project} all={false} />
    </ProjectProvider>
  );
}

/** The pages of all projects; what is of one leads to that of the last visit. */
export function AllShell() {
  const { projects } = useRouteContext({ from: "/in" });
  const { project: last } = usePrefs();
  const project = projects.find((p) => p.slug === last) ?? projects[0];
  if (!project) return <NoProject />;
  return <Frame projects={projects} project={project} all />;
}

/** What is around every page: rail, top bar, palette. */
function Frame({ projects, project, all }: { projects: Project[]; project: Project; all: boolean }) {
  const navigate = useNavigate();
  const { rail } = usePrefs();
  const [open, setOpen] = useState<"palette" | "help" | "new-project" | "projects">();
  useHotkeys({
    "mod+k": () => setOpen(open === "palette" ? undefined : "palette"),
    "?": () => setOpen("help"),
    p: () => setOpen("projects"),
    "/": () => document.getElementById("search")?.focus(),
  });

  const close = () => setOpen(undefined);
  const narrow = rail === "narrow";
  return (
    <>
      <a
        href="#content"
        className="sr-only z-60 rounded-md bg-surface px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <Rail narrow={narrow} project={project} all={all} />
      <div className={narrow ? "md:pl-12" : "md:pl-12 lg:pl-[200px]"}>
        <header className="sticky top-0 z-30 flex min-h-12 flex-wrap items-center gap-x-2 border-b border-line bg-page px-3 sm:px-5">
          <ProjectSwitcher
            projects={projects}
            project={all ? undefined : project}
            open={open === "projects"}
            onOpenChange={(o) => setOpen(o ? "projects" : undefined)}
            onNew={() => setOpen("new-project")}
          />
          <ControlsOutlet className="flex min-w-0 grow items-center gap-2 empty:hidden max-sm:order-last max-sm:w-full max-sm:pb-2 sm:py-2" />
          <div className="ml-auto flex items-center gap-1">
            <AccountMenu onPalette={() => setOpen("palette")} onHelp={() => setOpen("help")} />
          </div>
        </header>
        <main id="content" tabIndex={-1} className="pb-20 outline-none md:pb-8">
          <Outlet />
        </main>
      </div>
      <BottomBar project={project} all={all} />
      <Palette
        open={open === "palette"}
        onClose={close}
        projects={projects}
        project={project}
        all={all}
        onHelp={() => setOpen("help")}
        onNewProject={() => setOpen("new-project")}
        onProject={(to) => void navigate({ to: "/p/$project/issues", params: { project: to } })}
      />
      <Help open={open === "help"} onClose={close} />
      <NewProject open={open === "new-project"} onClose={close} />
    </>
  );
}
