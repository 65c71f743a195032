import { useEffect, useRef, useState } from "react";
import { useHighlight } from "@/lib/highlight";
import { cx } from "./cx";

type SourceProps = { lines: string[]; first: number; hit?: number; lang: string | undefined; label: string };

/** True once the element has come near the screen. */
function useSeen() {
  const ref = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const el = ref.current;
    if (!el || seen) return;
    const o = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setSeen(true), {
      rootMargin: "200px",
    });
    o.observe(el);
    return () => o.disconnect();
  }, [seen]);
  return [ref, seen] as const;
}

/** Source lines with their numbers; the line that matters is marked. Coloured when it comes into view. */
export function Source({ lines, first, hit, lang, label }: SourceProps) {
  const [ref, seen] = useSeen();
  const coloured = useHighlight(lines.join("\n"), lang, seen);
  return (
    <div
      ref={ref}
      role="group"
      aria-label={label}
      className="overflow-x-auto bg-sunken py-1.5 font-mono text-meta leading-5 outline-offset-[-2px]"
      tabIndex={0}
    >
      <div className="w-max min-w-full">
        {lines.map((line, i) => {
          const n = first + i;
          const on = n === hit;
          return (
            <div key={n} className={cx("flex", on && "bg-accent-soft")}>
              <span
                className={cx(
                  "num sticky left-0 w-12 shrink-0 pr-3 text-right select-none",
                  on ? "bg-accent-soft font-semibold text-accent" : "bg-sunken text-muted",
                )}
              >
                {n > 0 ? n : ""}
              </span>
              <span className="pr-4 whitespace-pre [tab-size:4]">
                {coloured?.[i]?.map((p, k) => (
                  <span key={k} style={{ color: p.color }}>
                    {p.text}
                  </span>
                )) ??
                  (line || " ")}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
