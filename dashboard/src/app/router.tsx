import { callUnaryMethod } from "@connectrpc/connect-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { alertsSearch, ruleSearch } from "@/features/alerts/search";
import { issueSearch, issuesSearch } from "@/features/issues/search";
import { monitorsSearch } from "@/features/monitors/search";
import { outcomesSearch } from "@/features/outcomes/search";
import { releasesSearch } from "@/features/releases/search";
import { SignInPage } from "@/features/session/sign-in";
import { settingsSearch } from "@/features/settings/search";
import { setupSearch } from "@/features/setup/search";
import { tailSearch } from "@/features/tail/search";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { queryClient, transport } from "@/lib/client";
import { isNotFound, isUnauthenticated } from "@/lib/errors";
import { prefs } from "@/lib/prefs";
import { text } from "@/lib/text";
import { Tips } from "@/ui/tip";
import { Toasts } from "@/ui/toast";
import { NoProject, NotFound, PageFailed, PagePending } from "./fallback";
import { projectsQuery, sessionQuery } from "./queries";
import { AllShell, Shell, SignedIn } from "./shell";

const root = createRootRouteWithContext()({
  component: () => (
    <>
      <Outlet />
      <Toasts />
      <Tips />
    </>
  ),
  notFoundComponent: NotFound,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: Record<string, unknown>) => ({ next: text(raw.next) }),
  component: SignInPage,
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "in",
  beforeLoad: async ({ location }) => {
    const toSignIn = () =>
      redirect({ to: "/sign-in", search: { next: location.href === "/" ? undefined : location.href } });
    try {
      const session = await queryClient.ensureQueryData(sessionQuery);
      if (!session.organization) throw toSignIn();
      const projects = await queryClient.ensureQueryData(projectsQuery);
      return { session, projects: projects.projects };
    } catch (err) {
      if (isUnauthenticated(err)) throw toSignIn();
      throw err;
    }
  },
  component: SignedIn,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  beforeLoad: ({ context }) => {
    if (prefs.get().everywhere && context.projects.length > 0) throw redirect({ to: "/issues" });
    const project = context.projects.find((p) => p.slug === prefs.get().project) ?? context.projects[0];
    if (project) throw redirect({ to: "/p/$project/issues", params: { project: project.slug } });
  },
  component: NoProject,
});

/** The address that notifications link to: an issue by its id, whatever its project. */
const anyIssue = createRoute({
  getParentRoute: () => signedIn,
  path: "/issues/$issue",
  validateSearch: issueSearch,
  beforeLoad: async ({ params, search }) => {
    const { issue } = await callUnaryMethod(transport, QueryService.method.getIssue, { issueId: params.issue }).catch(
      (err: unknown) => {
        throw isNotFound(err) ? notFound() : err;
      },
    );
    if (!issue) throw notFound();
    const to = { project: issue.projectSlug, issue: params.issue };
    throw redirect({ to: "/p/$project/issues/$issue", params: to, search, replace: true });
  },
});

const all = createRoute({
  getParentRoute: () => signedIn,
  id: "all",
  component: AllShell,
});

const allIssues = createRoute({
  getParentRoute: () => all,
  path: "/issues",
  validateSearch: issuesSearch,
  component: lazyRouteComponent(() => import("@/features/issues/list/page"), "AllIssuesPage"),
});

const project = createRoute({
  getParentRoute: () => signedIn,
  path: "/p/$project",
  component: Shell,
});

const projectHome = createRoute({
  getParentRoute: () => project,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/p/$project/issues", params });
  },
});

const issues = createRoute({
  getParentRoute: () => project,
  path: "issues",
  validateSearch: issuesSearch,
  component: lazyRouteComponent(() => import("@/features/issues/list/page"), "IssuesPage"),
});

const issue = createRoute({
  getParentRoute: () => project,
  path: "issues/$issue",
  validateSearch: issueSearch,
  component: lazyRouteComponent(() => import("@/features/issues/detail/page"), "IssuePage"),
});

const tail = createRoute({
  getParentRoute: () => project,
  path: "tail",
  validateSearch: tailSearch,
  component: lazyRouteComponent(() => import("@/features/tail/page"), "TailPage"),
});

const alerts = createRoute({
  getParentRoute: () => project,
  path: "alerts",
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import("@/features/alerts/page"), "AlertsPage"),
});

const alertRule = createRoute({
  getParentRoute: () => project,
  path: "alerts/$rule",
  validateSearch: ruleSearch,
  component: lazyRouteComponent(() => import("@/features/alerts/rule-page"), "RulePage"),
});

const outcomes = createRoute({
  getParentRoute: () => project,
  path: "outcomes",
  validateSearch: outcomesSearch,
  component: lazyRouteComponent(() => import("@/features/outcomes/page"), "OutcomesPage"),
});

const releases = createRoute({
  getParentRoute: () => project,
  path: "releases",
  validateSearch: releasesSearch,
  component: lazyRouteComponent(() => import("@/features/releases/page"), "ReleasesPage"),
});

const monitors = createRoute({
  getParentRoute: () => project,
  path: "monitors",
  validateSearch: monitorsSearch,
  component: lazyRouteComponent(() => import("@/features/monitors/page"), "MonitorsPage"),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: "settings",
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import("@/features/settings/page"), "SettingsPage"),
});

const setup = createRoute({
  getParentRoute: () => project,
  path: "setup",
  validateSearch: setupSearch,
  component: lazyRouteComponent(() => import("@/features/setup/page"), "SetupPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signedIn.addChildren([
      home,
      anyIssue,
      all.addChildren([allIssues]),
      project.addChildren([
        projectHome,
        issues,
        issue,
        tail,
        releases,
        monitors,
        alerts,
        alertRule,
        outcomes,
        settings,
        setup,
      ]),
    ]),
  ]),
  defaultPreload: "intent",
  defaultPendingMs: 300,
  defaultPendingMinMs: 200,
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageFailed,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
