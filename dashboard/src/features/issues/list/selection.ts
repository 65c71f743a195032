import { useCallback, useMemo, useState } from "react";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";

export type Selection = {
  /** The selected issues, in the order of the list. */
  selected: Issue[];
  /** The issue that keys act on when none is selected. */
  current: Issue | undefined;
  currentIndex: number;
  has: (issue: Issue) => boolean;
  toggle: (issue: Issue, range: boolean) => void;
  point: (issue: Issue) => void;
  move: (by: number) => void;
  all: () => void;
  clear: () => void;
};

/** Which rows are selected, and where the keyboard is. */
export function useSelection(issues: Issue[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState<string>();
  const [place, setPlace] = useState(-1);

  // The place is remembered too: when the row goes away, its successor is current.
  const found = at === undefined ? -1 : issues.findIndex((i) => i.id === at);
  const currentIndex = found >= 0 ? found : Math.min(place, issues.length - 1);
  const selected = useMemo(() => issues.filter((i) => ids.has(i.id)), [issues, ids]);

  const point = useCallback(
    (issue: Issue) => {
      setAt(issue.id);
      setPlace(issues.indexOf(issue));
    },
    [issues],
  );
  const toggle = useCallback(
    (issue: Issue, range: boolean) => {
      const next = new Set(ids);
      const to = issues.indexOf(issue);
      const from = range && currentIndex >= 0 ? currentIndex : to;
      const on = !ids.has(issue.id);
      for (const i of issues.slice(Math.min(from, to), Math.max(from, to) + 1)) {
        if (on) next.add(i.id);
        else next.delete(i.id);
      }
      setIds(next);
      setAt(issue.id);
      setPlace(to);
    },
    [ids, issues, currentIndex],
  );
  return {
    selected,
    current: issues[currentIndex],
    currentIndex,
    has: (i) => ids.has(i.id),
    toggle,
    point,
    move: (by) => {
      const to = issues[Math.max(0, Math.min(issues.length - 1, currentIndex + by))];
      if (to) point(to);
    },
    all: () => setIds(selected.length === issues.length ? new Set() : new Set(issues.map((i) => i.id))),
    clear: useCallback(() => setIds(new Set()), []),
  };
}
