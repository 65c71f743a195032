import { useSyncExternalStore } from "react";

/** Searches that a person keeps in this browser, by project. */
export type Saved = { name: string; query: string };

const KEY = "faultline.searches";
const none: Saved[] = [];

function load(): Record<string, Saved[]> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, Saved[]>;
  } catch {
    return {};
  }
}

let all = load();
const listeners = new Set<() => void>();

function write(project: string, list: Saved[]) {
  all = { ...all, [project]: list };
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // Private browsing: they live as long as the page.
  }
  for (const l of listeners) l();
}

export const saved = {
  add: (project: string, s: Saved) => write(project, [...(all[project] ?? []).filter((x) => x.name !== s.name), s]),
  remove: (project: string, name: string) =>
    write(
      project,
      (all[project] ?? []).filter((x) => x.name !== name),
    ),
};

export function useSaved(project: string): Saved[] {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => void listeners.delete(l);
    },
    () => all[project] ?? none,
  );
}
