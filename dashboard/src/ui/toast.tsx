import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { IconButton } from "./button";
import { cx } from "./cx";

type Toast = {
  id: number;
  text: string;
  detail?: string;
  bad?: boolean;
  action?: { label: string; run: () => void };
};

let toasts: Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: Toast[]) {
  toasts = to;
  for (const l of listeners) l();
}

/** Says that something happened, with at most one thing to do about it. */
export function toast(t: Omit<Toast, "id">): number {
  const id = next++;
  change([...toasts.slice(-2), { ...t, id }]);
  return id;
}

export function dismiss(id: number) {
  change(toasts.filter((t) => t.id !== id));
}

function subscribe(l: () => void) {
  listeners.add(l);
  return () => void listeners.delete(l);
}

function Line({ t }: { t: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(t.id), t.bad ? 12_000 : 7_000);
    return () => clearTimeout(timer);
  }, [held, t]);
  return (
    <li
      className={cx("floating flex appear items-center gap-3 py-1.5 pr-1.5 pl-4 text-list", t.bad && "border-error")}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="min-w-0 grow">
        <span className="font-medium">{t.text}</span>
        {t.detail && <span className="block text-meta text-muted">{t.detail}</span>}
      </span>
      {t.action && (
        <button
          type="button"
          className="h-8 rounded-md px-2.5 font-medium text-accent hover:bg-hover"
          onClick={() => {
            dismiss(t.id);
            t.action?.run();
          }}
        >
          {t.action.label}
        </button>
      )}
      <IconButton label="Dismiss" onClick={() => dismiss(t.id)}>
        <X size={14} />
      </IconButton>
    </li>
  );
}

/** The place where toasts appear; once on the page. */
export function Toasts() {
  const list = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      aria-label="Notifications"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-16 z-60 flex justify-center px-3 md:bottom-5"
    >
      <ul className="pointer-events-auto flex w-[min(440px,100%)] flex-col gap-2">
        {list.map((t) => (
          <Line key={t.id} t={t} />
        ))}
      </ul>
    </section>
  );
}
