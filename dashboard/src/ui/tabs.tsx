import type { ReactNode } from "react";
import { cx } from "./cx";

/** How a tab looks; what it is (link or button) is up to its page. */
export function tabClass(active: boolean): string {
  return cx(
    "-mb-px inline-flex h-9 shrink-0 items-center gap-1.5 border-b-2 px-0.5 text-list font-medium whitespace-nowrap",
    active ? "border-accent text-ink" : "border-transparent text-muted hover:text-ink",
  );
}

export function TabBar({ label, children, end }: { label: string; children: ReactNode; end?: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-3 border-b border-line">
      <nav aria-label={label} className="flex min-w-0 gap-5 overflow-x-auto [scrollbar-width:none]">
        {children}
      </nav>
      {end}
    </div>
  );
}
