import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

type Kind = "plain" | "primary" | "quiet" | "danger";

const kinds: Record<Kind, string> = {
  plain: "border border-line-strong bg-surface hover:bg-hover",
  primary: "border border-accent-fill bg-accent-fill text-on-accent hover:brightness-110",
  quiet: "border border-transparent hover:bg-hover",
  danger: "border border-line-strong bg-surface text-error-ink hover:bg-hover",
};

export function buttonClass(kind: Kind = "plain", square = false): string {
  return cx(
    "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md text-list font-medium whitespace-nowrap select-none",
    "disabled:opacity-50 data-[popup-open]:bg-hover",
    square ? "w-8" : "px-3",
    kinds[kind],
  );
}

type ButtonProps = ComponentProps<"button"> & { kind?: Kind; icon?: ReactNode; busy?: boolean };

export function Button({ kind, icon, busy, children, className, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(buttonClass(kind), className)}
    >
      {icon}
      {children}
    </button>
  );
}

/** A square button with a picture only; its label is told on hover and to screen readers. */
export function IconButton({
  label,
  kind = "quiet",
  className,
  ...rest
}: ComponentProps<"button"> & { label: string; kind?: Kind }) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      {...rest}
      className={cx(buttonClass(kind, true), "text-muted hover:text-ink", className)}
    />
  );
}
