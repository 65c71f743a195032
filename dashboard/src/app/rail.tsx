import { Link, type LinkProps } from "@tanstack/react-router";
import {
  Activity,
  Bell,
  ChevronsLeft,
  ChevronsRight,
  CircleDot,
  ClockCheck,
  PackageCheck,
  PlugZap,
  Rocket,
  Settings,
} from "lucide-react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { prefs } from "@/lib/prefs";
import { cx } from "@/ui/cx";
import { Mark } from "@/ui/mark";

export const pages = [
  { to: "/p/$project/issues", label: "Issues", icon: CircleDot },
  { to: "/p/$project/tail", label: "Live tail", icon: Activity },
  { to: "/p/$project/releases", label: "Releases", icon: Rocket },
  { to: "/p/$project/monitors", label: "Monitors", icon: ClockCheck },
  { to: "/p/$project/alerts", label: "Alerts", icon: Bell },
  { to: "/p/$project/outcomes", label: "Outcomes", icon: PackageCheck },
  { to: "/p/$project/settings", label: "Settings", icon: Settings },
] as const;

const setup = { to: "/p/$project/setup", label: "Set-up", icon: PlugZap } as const;

type Page = (typeof pages)[number] | typeof setup;

/** Where the rail leads: pages of the project, and of all where there are such. */
type RailProps = { project: Project; all: boolean };

function target(page: Page, { project, all }: RailProps): LinkProps {
  if (all && page === pages[0]) return { to: "/issues" };
  return { to: page.to, params: { project: project.slug } };
}

function RailLink({ page, narrow, ...of }: RailProps & { page: Page; narrow: boolean }) {
  const Icon = page.icon;
  const elsewhere = of.all && page !== pages[0];
  return (
    <Link
      {...target(page, of)}
      data-tip={elsewhere ? `${page.label} of ${of.project.name}` : narrow ? page.label : undefined}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 text-list font-medium text-muted hover:bg-hover hover:text-ink [&.active]:bg-accent-soft [&.active]:text-accent"
    >
      <Icon size={16} className="shrink-0" aria-hidden />
      <span className={narrow ? "sr-only" : "max-lg:sr-only"}>{page.label}</span>
    </Link>
  );
}

/** The way between pages, on the left. */
export function Rail({ narrow, ...of }: RailProps & { narrow: boolean }) {
  const Fold = narrow ? ChevronsRight : ChevronsLeft;
  return (
    <nav
      aria-label="Pages"
      className={cx(
        "fixed inset-y-0 left-0 z-30 hidden flex-col border-r border-line bg-sunken px-2 pb-2 md:flex",
        narrow ? "w-12" : "w-12 lg:w-[200px]",
      )}
    >
      <Link to="/" preload={false} className="mb-2 flex h-12 items-center gap-2 px-1.5 text-body font-semibold">
        <Mark />
        <span className={narrow ? "sr-only" : "max-lg:sr-only"}>Faultline</span>
      </Link>
      <div className="flex flex-col gap-0.5">
        {pages.map((p) => (
          <RailLink key={p.to} page={p} narrow={narrow} {...of} />
        ))}
      </div>
      <div className="mt-auto flex flex-col gap-0.5">
        <RailLink page={setup} narrow={narrow} {...of} />
        <button
          type="button"
          className="hidden h-8 items-center gap-2.5 rounded-md px-2 text-list font-medium text-muted hover:bg-hover hover:text-ink lg:flex"
          onClick={() => prefs.set({ rail: narrow ? "wide" : "narrow" })}
        >
          <Fold size={16} className="shrink-0" aria-hidden />
          <span className={narrow ? "sr-only" : ""}>{narrow ? "Unfold" : "Fold"}</span>
        </button>
      </div>
    </nav>
  );
}

/** The same at the bottom of a small screen. */
export function BottomBar(of: RailProps) {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 flex h-14 border-t border-line bg-sunken pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {pages.map((p) => (
        <Link
          key={p.to}
          {...target(p, of)}
          className="flex grow basis-0 flex-col items-center justify-center gap-0.5 text-[11px] font-medium text-muted [&.active]:text-accent"
        >
          <p.icon size={18} aria-hidden />
          {p.label}
        </Link>
      ))}
    </nav>
  );
}
