import { useEffect, useRef } from "react";

export type Keys = Record<string, (e: KeyboardEvent) => void>;

/** What "mod" is called on this keyboard. */
export const modKey = /^(Mac|iP)/.test(navigator.platform) ? "⌘" : "Ctrl";

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    (target as HTMLInputElement).type !== "checkbox"
  );
}

/** A dialog or a menu has the keyboard for itself. */
function floatingOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"]') !== null;
}

/** Enter follows the link, or presses the button, that has the focus. */
function pressing(e: KeyboardEvent): boolean {
  return e.key === "Enter" && e.target instanceof Element && e.target.closest("a, button") !== null;
}

/** Single keys for a page. "mod+k" is ⌘K or Ctrl-K and works while typing. */
export function useHotkeys(keys: Keys, enabled = true) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!enabled) return;
    const onKey = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.isComposing) return;
      const mod = e.metaKey || e.ctrlKey;
      const name = mod ? `mod+${e.key.toLowerCase()}` : e.key;
      const run = latest.current[name];
      if (!run || (!mod && (e.altKey || typing(e.target) || pressing(e) || floatingOpen()))) return;
      e.preventDefault();
      run(e);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [enabled]);
}
