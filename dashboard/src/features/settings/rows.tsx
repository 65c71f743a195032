import { type ReactNode, useId } from "react";
import { Switch } from "@/ui/switch";

type RowProps = { title: string; about: ReactNode; aside?: ReactNode; children?: ReactNode };

/** A setting: what it is, what it does, and what it did. */
function Row({ title, about, aside, control, children }: RowProps & { control?: ReactNode }) {
  return (
    <li className="px-4 py-3">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 className="text-list font-medium">{title}</h2>
          <p className="mt-0.5 text-meta text-muted">{about}</p>
        </div>
        <div className="flex shrink-0 items-center gap-3">
          {aside}
          {control}
        </div>
      </div>
      {children}
    </li>
  );
}

export function SwitchRow({ on, onChange, ...rest }: RowProps & { on: boolean; onChange: (on: boolean) => void }) {
  return <Row {...rest} control={<Switch on={on} label={rest.title} onChange={onChange} />} />;
}

type ListRowProps = RowProps & { value: string; onChange: (text: string) => void; placeholder: string };

/** A setting that is a list, one entry a line. */
export function ListRow({ value, onChange, placeholder, ...rest }: ListRowProps) {
  const id = useId();
  const lines = value.split("\n").length;
  return (
    <Row {...rest}>
      <label htmlFor={id} className="sr-only">
        {rest.title}, one a line
      </label>
      <textarea
        id={id}
        className="field mt-2 !h-auto resize-y py-1.5 font-mono"
        rows={Math.min(Math.max(lines, 2), 10)}
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(e) => onChange(e.target.value)}
      />
    </Row>
  );
}
