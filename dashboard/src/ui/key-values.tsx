import { cx } from "./cx";

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

function Shown({ value }: { value: Value }) {
  if (value === null) return <span className="text-muted">null</span>;
  if (typeof value === "object") {
    const text = JSON.stringify(value, null, 2);
    return <span className="whitespace-pre-wrap">{text.length < 60 ? JSON.stringify(value) : text}</span>;
  }
  return <span className="whitespace-pre-wrap">{value === "" ? '""' : String(value)}</span>;
}

/** Names and values in two columns. Values are data: never markup. */
export function KeyValues({ items, className }: { items: [string, Value][]; className?: string }) {
  return (
    <dl
      className={cx("grid grid-cols-[minmax(90px,max-content)_minmax(0,1fr)] gap-x-4 text-meta leading-5", className)}
    >
      {items.map(([k, v], i) => (
        <div key={`${k}-${i}`} className="col-span-2 grid grid-cols-subgrid border-b border-line py-1 last:border-0">
          <dt className="max-w-44 truncate text-muted" title={k}>
            {k}
          </dt>
          <dd className="min-w-0 font-mono [overflow-wrap:anywhere]">
            <Shown value={v} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
