import type { ReactNode } from "react";
import { cx } from "./cx";

const tones = {
  neutral: "border-line text-muted",
  accent: "border-transparent bg-accent-soft text-accent",
  good: "border-transparent bg-good-soft text-good-ink",
  strong: "border-line-strong text-ink",
};

/** A small word beside something. */
export function Chip({
  tone = "neutral",
  children,
  tip,
  className,
}: {
  tone?: keyof typeof tones;
  children: ReactNode;
  tip?: string;
  className?: string;
}) {
  return (
    <span
      data-tip={tip}
      className={cx(
        "inline-flex h-[18px] max-w-full shrink-0 items-center gap-1 rounded-sm border px-1.5 text-[11px] leading-none font-medium whitespace-nowrap",
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border border-line bg-sunken px-1 font-sans text-[11px] text-muted">
      {children}
    </kbd>
  );
}
