import { cx } from "./cx";

/** On or off, at once. */
export function Switch({ on, label, onChange }: { on: boolean; label: string; onChange: (on: boolean) => void }) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      className={cx(
        "relative h-5 w-9 shrink-0 rounded-full border transition-colors duration-100",
        on ? "border-accent-fill bg-accent-fill" : "border-line-strong bg-hover",
      )}
      onClick={() => onChange(!on)}
    >
      <span
        className={cx(
          "absolute top-0.5 h-3.5 w-3.5 rounded-full transition-[left] duration-100",
          on ? "left-[18px] bg-on-accent" : "left-0.5 bg-muted",
        )}
      />
    </button>
  );
}
