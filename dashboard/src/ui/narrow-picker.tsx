import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { cx } from "./cx";
import { type Pick, PickList } from "./pick-list";
import { Popover } from "./popover";

const ALL = "*";

type NarrowPickerProps = {
  /** What is picked: "Environment". */
  label: string;
  /** What it says if nothing is picked: "All environments". */
  all: string;
  icon: ReactNode;
  items: Pick[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  onOpen?: () => void;
  /** Whether what is typed can be picked, known or not. */
  free?: boolean;
};

/** Narrows a page to one value of a field, or to none. */
export function NarrowPicker({ label, all, icon, items, value, onChange, onOpen, free = false }: NarrowPickerProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const typed = free && open ? text.trim() : "";
  // What the URL holds can be picked, whether or not it is known.
  const extra = [...new Set([typed, value ?? ""])].filter((v) => v !== "" && !items.some((i) => i.id === v));
  const known = [...extra.map((v) => ({ id: v, label: v })), ...items];
  return (
    <Popover
      open={open}
      onOpenChange={(o) => {
        setOpen(o);
        setText("");
        if (o) onOpen?.();
      }}
      label={label}
      className="w-60"
      trigger={
        <Button icon={icon} aria-label={`${label}: ${value ?? all}`}>
          <span className={cx("max-w-28 truncate", value === undefined && "max-lg:sr-only")}>{value ?? all}</span>
        </Button>
      }
    >
      <PickList
        label={`${free ? "Type" : "Find"} an ${label.toLowerCase()}`}
        onType={setText}
        items={[{ id: ALL, label: all }, ...known]}
        selected={value ?? ALL}
        onPick={(id) => {
          setOpen(false);
          onChange(id === ALL ? undefined : id);
        }}
      />
    </Popover>
  );
}
