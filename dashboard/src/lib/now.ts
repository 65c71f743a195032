import { useSyncExternalStore } from "react";

const PRECISION = 10_000;

// One clock for the page: relative times move together and cost one timer.
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(l: () => void) {
  listeners.add(l);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, PRECISION);
  return () => {
    listeners.delete(l);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function read(): number {
  // While nobody listens the clock stands.
  if (timer === undefined && Date.now() - now > PRECISION) now = Date.now();
  return now;
}

/** The time, to ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read);
}
