import { failure } from "@/lib/errors";
import { Button } from "@/ui/button";
import { isConflict, useFreshProject } from "./project";

/** Says that the project was changed by somebody else, and offers what it is now. */
export function Conflict({ onTake }: { onTake: () => void }) {
  return (
    <div role="alert" className="card flex flex-wrap items-center justify-between gap-3 border-warning px-4 py-3">
      <p className="min-w-0 text-list">
        <span className="font-medium">Not saved: somebody else changed this project since you opened it.</span>{" "}
        <span className="text-muted">
          What you typed is still here. Copy what you need, then load what is there now.
        </span>
      </p>
      <Button onClick={onTake}>Load what is there now</Button>
    </div>
  );
}

type SaveBarProps = {
  dirty: boolean;
  saving: boolean;
  error: unknown;
  onSave: () => void;
  onReset: () => void;
  onTake: (p: NonNullable<ReturnType<typeof useFreshProject>["data"]>) => void;
};

/** The end of a form: save, or go back to what is saved. */
export function SaveBar({ dirty, saving, error, onSave, onReset, onTake }: SaveBarProps) {
  const fresh = useFreshProject();
  const load = async () => {
    const { data } = await fresh.refetch();
    if (data) onTake(data);
  };
  return (
    <div className="mt-4 flex flex-col gap-3">
      {isConflict(error) ? (
        <Conflict onTake={() => void load()} />
      ) : (
        error !== null &&
        error !== undefined && (
          <p role="alert" className="text-list text-error-ink">
            Not saved. {failure(error).detail}
          </p>
        )
      )}
      <div className="flex items-center gap-2">
        <Button kind="primary" disabled={!dirty} busy={saving} onClick={onSave}>
          Save
        </Button>
        {dirty && <Button onClick={onReset}>Undo changes</Button>}
        <span className="text-meta text-muted">{dirty ? "Changed, not saved" : "Holds for new events at once"}</span>
      </div>
    </div>
  );
}
