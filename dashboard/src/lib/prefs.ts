import { useSyncExternalStore } from "react";

/** What a person chose for this browser. public/theme.js reads the same record before the first paint. */
type Prefs = {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  zone: "local" | "utc";
  rail: "wide" | "narrow";
  sharedScale: boolean;
  project: string;
  /** Whether the list that was looked at last is that of all projects. */
  everywhere: boolean;
};

const KEY = "faultline.prefs";
const defaults: Prefs = {
  theme: "system",
  density: "comfortable",
  zone: "local",
  rail: "wide",
  sharedScale: false,
  project: "",
  everywhere: false,
};

function load(): Prefs {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return defaults;
  }
}

let current = load();
const listeners = new Set<() => void>();

function apply(p: Prefs) {
  const root = document.documentElement;
  if (p.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = p.theme;
  if (p.density === "compact") root.dataset.density = "compact";
  else delete root.dataset.density;
}

export const prefs = {
  get: (): Prefs => current,
  set(change: Partial<Prefs>) {
    current = { ...current, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(current));
    } catch {
      // Private browsing: the choice lives as long as the page.
    }
    apply(current);
    for (const l of listeners) l();
  },
  subscribe(l: () => void) {
    listeners.add(l);
    return () => void listeners.delete(l);
  },
};

export function usePrefs(): Prefs {
  return useSyncExternalStore(prefs.subscribe, prefs.get);
}
