import { useCallback, useState } from "react";

const REMEMBER_MS = 5 * 60_000;

// When each list was last read from the top: coming back shows it as it was left.
const reads = new Map<string, number>();

function readAt(key: string): number {
  const at = reads.get(key);
  if (at !== undefined && Date.now() - at < REMEMBER_MS) return at;
  const now = Date.now();
  reads.set(key, now);
  return now;
}

/** When a list was read. It stays so for as long as the list is shown, until it is read again. */
export function useReadAt(key: string): { at: number; again: () => void } {
  const [read, setRead] = useState(() => ({ key, at: readAt(key) }));
  const at = read.key === key ? read.at : readAt(key);
  if (read.key !== key) setRead({ key, at });
  const again = useCallback(() => {
    const now = Date.now();
    reads.set(key, now);
    setRead({ key, at: now });
  }, [key]);
  return { at, again };
}
