import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { cx } from "./cx";

export type Pick = { id: string; label: string; hint?: string; icon?: ReactNode; words?: string };

type PickListProps = {
  label: string;
  items: Pick[];
  onPick: (id: string) => void;
  selected?: string;
  empty?: string;
  /** Called with what is typed, for items that depend on it. */
  onType?: (text: string) => void;
  footer?: ReactNode;
};

/** Scores by place: a match at the start of a word is better than one inside it. */
function score(item: Pick, text: string): number {
  const hay = `${item.label} ${item.words ?? ""}`.toLowerCase();
  const at = hay.indexOf(text);
  if (at < 0) return -1;
  return at === 0 ? 2 : /\W/.test(hay[at - 1] ?? "") ? 1 : 0;
}

/** Type to find, arrows to move, enter to pick. */
export function PickList({ label, items, onPick, selected, empty = "Nothing found", onType, footer }: PickListProps) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const base = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const shown = useMemo(() => {
    const t = text.trim().toLowerCase();
    if (!t) return items;
    return items
      .map((item) => ({ item, s: score(item, t) }))
      .filter((x) => x.s >= 0)
      .sort((a, b) => b.s - a.s)
      .map((x) => x.item);
  }, [items, text]);
  const at = Math.min(active, shown.length - 1);

  useEffect(() => {
    input.current?.focus();
  }, []);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);

  return (
    <div className="flex max-h-[inherit] flex-col">
      <input
        ref={input}
        role="combobox"
        aria-expanded
        aria-controls={`${base}-list`}
        aria-activedescendant={shown[at] ? `${base}-${at}` : undefined}
        aria-label={label}
        placeholder={label}
        className="h-10 shrink-0 border-b border-line bg-transparent px-3 text-list outline-none"
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(e) => {
          setText(e.target.value);
          setActive(0);
          onType?.(e.target.value);
        }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") setActive(Math.min(at + 1, shown.length - 1));
          else if (e.key === "ArrowUp") setActive(Math.max(at - 1, 0));
          else if (e.key === "Enter" && shown[at]) onPick(shown[at].id);
          else return;
          e.preventDefault();
        }}
      />
      <div
        ref={list}
        id={`${base}-list`}
        role="listbox"
        aria-label={label}
        tabIndex={-1}
        className="max-h-80 min-h-0 overflow-y-auto p-1"
      >
        {shown.map((item, i) => (
          <div
            key={item.id}
            id={`${base}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={item.id === selected || (selected === undefined && i === at)}
            className={cx(
              "flex min-h-8 cursor-default items-center gap-2 rounded-sm px-2 text-list",
              i === at && "bg-hover",
            )}
            onPointerMove={() => setActive(i)}
            onClick={() => onPick(item.id)}
            onKeyDown={(e) => e.key === "Enter" && onPick(item.id)}
          >
            {item.icon && <span className="text-muted">{item.icon}</span>}
            <span className={cx("min-w-0 grow truncate", item.id === selected && "font-medium text-accent")}>
              {item.label}
            </span>
            {item.hint && <span className="shrink-0 text-meta text-muted">{item.hint}</span>}
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className="px-3 pb-3 text-list text-muted">{empty}</p>}
      {footer && <div className="border-t border-line p-1">{footer}</div>}
    </div>
  );
}
