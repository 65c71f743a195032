import { ArrowDown } from "lucide-react";
import { prefs, usePrefs } from "@/lib/prefs";
import { cx } from "@/ui/cx";
import type { Sort } from "../search";
import { columnsOf } from "./row";

type HeadProps = {
  sort: Sort;
  onSort: (s: Sort) => void;
  /** Whether the list is of all projects. */
  projects: boolean;
  all: boolean;
  some: boolean;
  onAll: () => void;
};

function SortHead({
  id,
  label,
  sort,
  onSort,
  className,
}: {
  id: Sort;
  label: string;
  sort: Sort;
  onSort: (s: Sort) => void;
  className?: string;
}) {
  const on = id === sort;
  return (
    <div role="columnheader" aria-sort={on ? "descending" : "none"} className={cx("text-right", className)}>
      <button
        type="button"
        className={cx("inline-flex items-center gap-0.5 hover:text-ink", on && "font-medium text-ink")}
        onClick={() => onSort(id)}
      >
        {on && <ArrowDown size={11} aria-hidden />}
        {label}
      </button>
    </div>
  );
}

/** The names of the columns; those that sort are buttons. */
export function ListHead({ sort, onSort, projects, all, some, onAll }: HeadProps) {
  const { sharedScale } = usePrefs();
  return (
    <div
      role="row"
      className={cx(columnsOf(projects), "h-8 border-b border-line px-3 text-meta text-muted max-sm:flex")}
    >
      <div role="columnheader" className="flex">
        <input
          type="checkbox"
          className="h-4 w-4"
          aria-label="Select all loaded issues"
          checked={all}
          ref={(el) => {
            if (el) el.indeterminate = some && !all;
          }}
          onChange={onAll}
        />
      </div>
      <div role="columnheader">
        <span className="sr-only">Severity</span>
      </div>
      <div role="columnheader" className="max-sm:grow">
        Issue
      </div>
      {projects && (
        <div role="columnheader" className="max-sm:hidden">
          Project
        </div>
      )}
      <div role="columnheader" className="max-md:hidden">
        <button
          type="button"
          className="hover:text-ink"
          data-tip={
            sharedScale
              ? "All rows share one scale. Click for a scale of its own each."
              : "Each row has its own scale. Click for one scale for all."
          }
          onClick={() => prefs.set({ sharedScale: !sharedScale })}
        >
          Trend{sharedScale ? ", same scale" : ""}
        </button>
      </div>
      <SortHead id="events" label="Events" sort={sort} onSort={onSort} />
      <SortHead id="users" label="Users" sort={sort} onSort={onSort} />
      <SortHead id="last_seen" label="Last seen" sort={sort} onSort={onSort} className="max-md:hidden" />
      <SortHead id="first_seen" label="First seen" sort={sort} onSort={onSort} className="max-lg:hidden" />
      <div role="columnheader" className="max-sm:hidden">
        <span className="sr-only">Assignee</span>
      </div>
    </div>
  );
}
