import { useEffect, useRef, useState } from "react";

type Shown = { text: string; x: number; y: number; below: boolean };

/**
 * Shows the text of the nearest `data-tip` on hover and on focus. One element for
 * the whole page, so that a thousand rows can carry exact numbers for nothing.
 */
export function Tips() {
  const [shown, setShown] = useState<Shown>();
  const target = useRef<Element | null>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      target.current = null;
      setShown(undefined);
    };
    const show = (e: Event) => {
      const el = (e.target as Element | null)?.closest?.("[data-tip]") ?? null;
      if (el === target.current) return;
      hide();
      const text = el?.getAttribute("data-tip");
      if (!el || !text) return;
      if (e.type === "focusin" && !el.matches(":focus-visible")) return;
      target.current = el;
      timer = setTimeout(() => {
        const r = el.getBoundingClientRect();
        const below = r.top < 60;
        const x = Math.max(90, Math.min(r.left + r.width / 2, document.documentElement.clientWidth - 90));
        setShown({ text, x, y: below ? r.bottom + 6 : r.top - 6, below });
      }, 250);
    };
    document.addEventListener("pointerover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("focusout", hide);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("keydown", hide);
    window.addEventListener("scroll", hide, true);
    return () => {
      hide();
      document.removeEventListener("pointerover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", hide);
      window.removeEventListener("scroll", hide, true);
    };
  }, []);

  if (!shown) return null;
  return (
    <div
      role="tooltip"
      className="pointer-events-none fixed z-60 max-w-80 appear rounded-md bg-ink px-2 py-1 text-meta break-words whitespace-pre-line text-page"
      style={{ left: shown.x, top: shown.y, transform: `translate(-50%, ${shown.below ? "0" : "-100%"})` }}
    >
      {shown.text}
    </div>
  );
}
