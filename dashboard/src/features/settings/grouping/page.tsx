import { useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { GroupingService, type Project, type RuleProblem } from "@/gen/faultline/admin/v1/admin_pb";
import { failure } from "@/lib/errors";
import { plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { Awaited, Failed, Skeleton } from "@/ui/state";
import { toast } from "@/ui/toast";
import { Rows } from "../parts";
import { isConflict, useDraft, useFreshProject, useTakeProject } from "../project";
import { Conflict } from "../save-bar";
import { type Rules, ruleProblems, useProblems } from "./check";
import { History, regroupingsKey } from "./history";
import { rulesLanguage } from "./language";
import { PreviewReport } from "./preview";

const CodeEditor = lazy(() => import("@/ui/code-editor"));

const read = (p: Project): Rules => ({ fingerprintRules: p.fingerprintRules, stackRules: p.stackRules });

/** Rules that decide which events are one issue, tried before they are saved. */
export default function Grouping() {
  const project = useFreshProject();
  if (!project.data)
    return (
      <Awaited of={project} what="grouping rules" still="Events are still grouped by them.">
        <Rows />
      </Awaited>
    );
  return <Laboratory project={project.data} />;
}

const spans = [1, 7, 14, 30, 90].map((n) => ({ id: String(n), label: plural(n, "day") }));

function Laboratory({ project }: { project: Project }) {
  const client = useQueryClient();
  const fresh = useFreshProject();
  const take = useTakeProject();
  const d = useDraft(project, read);
  const [days, setDays] = useState("14");
  const [tried, setTried] = useState<Rules>();
  const problems = useProblems(project.id, d.draft);
  const preview = useMutation(GroupingService.method.previewGrouping, { onMutate: (r) => setTried(r as Rules) });
  const start = (p: Project) => {
    take(p);
    d.start(p);
    d.clear();
    apply.reset();
    preview.reset();
  };
  const apply = useMutation(GroupingService.method.applyGrouping, {
    onSuccess: (done) => {
      void client.invalidateQueries({ queryKey: regroupingsKey });
      if (done.project) start(done.project);
      toast({ text: `Applied: ${done.regrouping?.name ?? ""}`, detail: "It can be undone below. Nobody was alerted." });
    },
  });
  const current =
    tried?.fingerprintRules === d.draft.fingerprintRules && tried.stackRules === d.draft.stackRules && preview.data;
  const error = apply.error ?? d.error;
  const input = { projectId: project.id, ...d.draft, days: Number(days) };
  const broken = problems.length > 0;

  return (
    <div className="flex flex-col gap-5">
      <p className="text-list text-muted">
        Events with the same fingerprint are one issue. Rules go before what the SDK sent. Try them on stored events
        before you save them.
      </p>
      <RulesBox
        title="Fingerprint rules"
        about="One a line; the first that fits decides."
        placeholder={
          "error.type:DatabaseUnavailable -> system-down\nstack.function:connect -> {{ default }}, {{ tags.region }}"
        }
        value={d.draft.fingerprintRules}
        onChange={(fingerprintRules) => d.set({ fingerprintRules })}
        problems={problems.filter((p) => p.field === "fingerprint_rules")}
      />
      <RulesBox
        title="Stack-trace rules"
        about="One a line; all are applied in order. They say which frames are the program’s own, and which count."
        placeholder={"stack.abs_path:**/vendor/** -app\nstack.function:handle_request ^-group"}
        value={d.draft.stackRules}
        onChange={(stackRules) => d.set({ stackRules })}
        problems={problems.filter((p) => p.field === "stack_rules")}
      />
      <div className="flex flex-wrap items-end gap-2">
        <Select label="Try on the last" value={days} onChange={setDays} options={spans} />
        <Button
          icon={<FlaskConical size={14} aria-hidden />}
          busy={preview.isPending}
          disabled={broken}
          onClick={() => preview.mutate(input)}
        >
          Preview
        </Button>
        {d.dirty && <Button onClick={() => start(d.base)}>Undo changes</Button>}
        <span role="status" className="pb-1.5 text-meta text-muted">
          {preview.isPending ? "Grouping stored events…" : d.dirty ? "Changed, not saved" : ""}
        </span>
      </div>
      {preview.error && !ruleProblems(preview.error) && (
        <Failed small what="The rules could not be tried" error={preview.error} still="Nothing was changed." />
      )}
      {current && <PreviewReport preview={current} days={Number(days)} />}
      {isConflict(error) ? (
        <Conflict onTake={() => void fresh.refetch().then(({ data }) => data && start(data))} />
      ) : (
        error && (
          <p role="alert" className="text-list text-error-ink">
            Not saved. {failure(error).detail}
          </p>
        )
      )}
      <div className="flex flex-wrap items-center gap-2 border-t border-line pt-4">
        <Button
          kind="primary"
          disabled={!d.dirty || broken || !current}
          busy={apply.isPending}
          onClick={() => apply.mutate({ ...input, etag: d.base.etag })}
        >
          Save and apply to the past
        </Button>
        <Button disabled={!d.dirty || broken} busy={d.saving} onClick={() => d.save(d.draft)}>
          Save for new events
        </Button>
        <p className="basis-full text-meta text-muted">
          Applied to the past, issues that become one are merged at once, renamed ones go on, and stored events of
          issues that come apart are moved in the background. It can be undone.{" "}
          {!current && d.dirty && "Preview first."}
        </p>
      </div>
      <History onProject={start} />
    </div>
  );
}

type RulesBoxProps = {
  title: string;
  about: string;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
  problems: RuleProblem[];
};

function RulesBox({ title, about, placeholder, value, onChange, problems }: RulesBoxProps) {
  return (
    <section>
      <h2 className="text-list font-semibold">{title}</h2>
      <p className="mb-2 text-meta text-muted">{about}</p>
      <Suspense fallback={<Skeleton className="h-28 w-full" />}>
        <CodeEditor
          label={title}
          value={value}
          onChange={onChange}
          language={rulesLanguage}
          problems={problems}
          placeholder={placeholder}
        />
      </Suspense>
      <div role="status" className="mt-1 text-meta text-error-ink">
        {problems.length > 0 && (
          <ul aria-label={`Mistakes in ${title.toLowerCase()}`}>
            {problems.map((p) => (
              <li key={`${p.line}:${p.column}`}>
                Line {p.line}, column {p.column}: {p.problem}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
