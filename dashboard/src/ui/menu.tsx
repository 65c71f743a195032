import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";

const itemClass =
  "flex min-h-8 cursor-default items-center gap-2 rounded-sm px-2 text-list outline-none select-none data-[highlighted]:bg-hover";

/** A list of things to do, or of choices, under a button. */
export function Menu({
  trigger,
  children,
  align = "start",
}: {
  trigger: ReactElement;
  children: ReactNode;
  align?: "start" | "end";
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className="z-50">
          <Base.Popup className="floating max-h-[min(480px,var(--available-height))] min-w-48 appear overflow-y-auto p-1 outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  icon,
  children,
  hint,
  onClick,
  disabled,
}: {
  icon?: ReactNode;
  children: ReactNode;
  hint?: ReactNode;
  onClick: () => void;
  disabled?: boolean;
}) {
  return (
    <Base.Item className={cx(itemClass, "data-[disabled]:opacity-50")} onClick={onClick} disabled={disabled}>
      {icon && <span className="text-muted">{icon}</span>}
      <span className="grow">{children}</span>
      {hint && <span className="text-meta text-muted">{hint}</span>}
    </Base.Item>
  );
}

export function MenuChoice<T extends string>({
  label,
  value,
  onChange,
  options,
}: {
  label: string;
  value: T;
  onChange: (v: T) => void;
  options: { id: T; label: string }[];
}) {
  return (
    <Base.RadioGroup value={value} onValueChange={(v) => onChange(v as T)} aria-label={label}>
      <div aria-hidden className="px-2 pt-1.5 pb-1 text-meta font-medium text-muted">
        {label}
      </div>
      {options.map((o) => (
        <Base.RadioItem key={o.id} value={o.id} className={itemClass} closeOnClick>
          <span className="grow">{o.label}</span>
          <Base.RadioItemIndicator>
            <Check size={14} className="text-accent" />
          </Base.RadioItemIndicator>
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
