import { type ReactNode, useId, useState } from "react";
import { failure, isInvalid } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { Card } from "@/ui/page";
import { Switch } from "@/ui/switch";
import { type Draft, fromDraft, problems, throttles, triggers } from "./model";
import { RuleSentence } from "./sentence";

type RuleFormProps = {
  draft: Draft;
  title: string;
  save: string;
  busy: boolean;
  error: unknown;
  onSave: (d: Draft) => void;
  extra?: ReactNode;
};

/** A rule to fill in; its sentence is written along. */
export function RuleForm({ draft, title, save, busy, error, onSave, extra }: RuleFormProps) {
  const [d, setD] = useState(draft);
  const [tried, setTried] = useState(false);
  const id = useId();
  const found = problems(d);
  const shown = tried ? found : {};
  const set = (change: Partial<Draft>) => setD({ ...d, ...change });
  const known = throttles.some((t) => t.ms === d.throttleMs);
  const f = error ? failure(error) : undefined;
  const badQuery = isInvalid(error) ? f?.detail : undefined;

  return (
    <form
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        setTried(true);
        if (Object.keys(found).length === 0) onSave(d);
      }}
    >
      <div className="flex items-center justify-between gap-4">
        <h1 className="min-w-0 truncate text-title font-semibold">{title}</h1>
        <span className="flex items-center gap-2 text-list text-muted">
          {d.enabled ? "On" : "Off"}
          <Switch on={d.enabled} label="The rule is on" onChange={(enabled) => set({ enabled })} />
        </span>
      </div>
      <Card>
        <div className="flex flex-col gap-5">
          <Field
            label="Name"
            value={d.name}
            placeholder="New issues in production"
            error={shown.name}
            onChange={(e) => set({ name: e.target.value })}
          />
          <fieldset aria-describedby={`${id}-triggers`}>
            <legend className="mb-1 text-list font-medium">When</legend>
            {triggers.map((t) => (
              <label key={t.id} className="flex min-h-7 items-center gap-2 text-list">
                <input
                  type="checkbox"
                  className="h-4 w-4"
                  checked={d.triggers.includes(t.id)}
                  onChange={(e) =>
                    set({
                      triggers: triggers
                        .map((x) => x.id)
                        .filter((x) => (x === t.id ? e.target.checked : d.triggers.includes(x))),
                    })
                  }
                />
                {t.label}
              </label>
            ))}
            <p id={`${id}-triggers`} className="text-meta text-error-ink empty:hidden">
              {shown.triggers}
            </p>
          </fieldset>
          <Field
            label="Matching"
            className="[&_input]:font-mono"
            value={d.query}
            placeholder="level:fatal environment:production"
            spellCheck={false}
            error={badQuery}
            hint="The same language as the search of issues. Empty: everything."
            onChange={(e) => set({ query: e.target.value })}
          />
          <Field
            label="Notify"
            type="text"
            inputMode="email"
            value={d.emails}
            placeholder="oncall@example.com, ada@example.com"
            error={shown.emails}
            hint="E-mail addresses, separated by commas."
            onChange={(e) => set({ emails: e.target.value })}
          />
          <Select
            label="How often, for each issue"
            value={String(d.throttleMs)}
            onChange={(v) => set({ throttleMs: Number(v) })}
            options={
              known
                ? throttles
                : [
                    ...throttles,
                    { id: String(d.throttleMs), label: `at most once in ${d.throttleMs / 60_000} minutes` },
                  ]
            }
          />
        </div>
      </Card>
      <Card title="In a sentence">
        <RuleSentence rule={fromDraft(d, "")} />
      </Card>
      {f && !badQuery && (
        <p role="alert" className="text-list text-error-ink">
          Not saved. {f.title}: {f.detail} {f.requestId && <span className="text-muted">Request {f.requestId}.</span>}
        </p>
      )}
      <div className="flex items-center justify-between gap-2">
        <Button type="submit" kind="primary" busy={busy}>
          {save}
        </Button>
        {extra}
      </div>
    </form>
  );
}
