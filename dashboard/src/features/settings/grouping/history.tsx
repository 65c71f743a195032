import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { GroupingService, type Project, type Regrouping } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { failure } from "@/lib/errors";
import { exact, plural } from "@/lib/format";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";
import { Card } from "@/ui/page";
import { Failed } from "@/ui/state";
import { toast } from "@/ui/toast";
import { Time } from "@/ui/values";

export const regroupingsKey = createConnectQueryKey({
  schema: GroupingService.method.listRegroupings,
  cardinality: "finite",
});

const isMoving = (r: Regrouping) => r.past === "moving" && !r.undoneAt;

/** What becomes of the stored events of issues that came apart. */
function past(r: Regrouping): string {
  const moved = `${plural(r.eventsMoved, "stored event")} moved`;
  switch (r.past) {
    case "moving":
      return `Stored events are being moved: ${exact(r.eventsLookedAt)} looked at, ${exact(r.eventsMoved)} moved so far`;
    case "partly":
      return `${moved}; the rest stays where it was, because there are too many parts`;
    case "large":
      return "Too many stored events to move them; new events go apart";
    case "fixed":
      return "Stored events cannot be moved here; new events go apart";
  }
  return moved;
}

/** What was applied to the past, and how to take it back. */
export function History({ onProject }: { onProject: (p: Project) => void }) {
  const project = useProject();
  const client = useQueryClient();
  const list = useQuery(
    GroupingService.method.listRegroupings,
    { projectId: project.id },
    { refetchInterval: (q) => (q.state.data?.regroupings.some(isMoving) ? 3000 : false) },
  );
  const [undoing, setUndoing] = useState<Regrouping>();
  const undo = useMutation(GroupingService.method.undoRegrouping, {
    onSuccess: (done) => {
      void client.invalidateQueries({ queryKey: regroupingsKey });
      setUndoing(undefined);
      if (done.project) onProject(done.project);
      toast({
        text: `${plural(done.separated, "issue")} on ${done.separated === 1 ? "its" : "their"} own again`,
        detail: done.rulesRestored
          ? "The rules of before are back."
          : "The rules were changed since and stay as they are.",
      });
    },
    onError: (err) => toast({ bad: true, text: "Nothing was undone", detail: failure(err).detail }),
  });
  if (list.error && !list.data)
    return (
      <Failed small what="What was applied could not be read" error={list.error} retry={() => void list.refetch()} />
    );
  if (!list.data || list.data.regroupings.length === 0) return null;
  return (
    <Card title="Applied to the past" flush>
      <ul className="divide-y divide-line">
        {list.data.regroupings.map((r) => (
          <li key={r.id} className="flex items-center justify-between gap-4 px-4 py-3">
            <div className="min-w-0">
              <p className="flex flex-wrap items-center gap-2 text-list font-medium">
                <span className="min-w-0 truncate">{r.name}</span>
                {r.undoneAt && <Chip>undone</Chip>}
              </p>
              <p className="text-meta text-muted">
                {plural(r.merged, "issue")} merged, {r.split} split, {r.renamed} renamed by {r.actor}{" "}
                <Time at={r.createdAt} />
                {r.undoneAt && (
                  <>
                    ; undone by {r.undoneBy} <Time at={r.undoneAt} />
                  </>
                )}
              </p>
              {!r.undoneAt && r.past !== "" && <p className="text-meta text-muted">{past(r)}</p>}
            </div>
            {!r.undoneAt && <Button onClick={() => setUndoing(r)}>Undo</Button>}
          </li>
        ))}
      </ul>
      <Dialog
        open={undoing !== undefined}
        onClose={() => setUndoing(undefined)}
        title={`Undo “${undoing?.name ?? ""}”?`}
        description="Issues that it merged stand on their own again, unless somebody changed their merge since, stored events that it moved are back where they were, and the rules of before come back, unless somebody changed them. Events that came meanwhile stay where they are."
        actions={
          <>
            <Button onClick={() => setUndoing(undefined)}>Cancel</Button>
            <Button
              kind="primary"
              busy={undo.isPending}
              onClick={() => undoing && undo.mutate({ projectId: project.id, regroupingId: undoing.id })}
            >
              Undo
            </Button>
          </>
        }
      />
    </Card>
  );
}
