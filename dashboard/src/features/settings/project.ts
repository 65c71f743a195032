import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ListValue } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectQueryKey, useMutation, useQuery, useTransport } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Project, ProjectService, type UpdateProjectRequestSchema } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { toast } from "@/ui/toast";

/** A list of texts as the API carries it, and back. */
export const texts = (l: ListValue | undefined): string[] =>
  l?.values.flatMap((v) => (v.kind.case === "stringValue" ? [v.kind.value] : [])) ?? [];
export const listOf = (lines: string[]) => ({
  values: lines.map((value) => ({ kind: { case: "stringValue" as const, value } })),
});

/** What stands in a box with one entry a line, and back. */
export const fromLines = (text: string) =>
  text
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => l !== "");
export const toLines = (list: string[]) => list.join("\n");

/** Whether a change was refused because somebody else made one since the project was read. */
export const isConflict = (err: unknown) => err instanceof ConnectError && err.code === Code.Aborted;

export function useFreshProject() {
  const { id } = useProject();
  return useQuery(ProjectService.method.getProject, { projectId: id }, { refetchOnWindowFocus: false });
}

/** Takes a changed project into what the page knows. */
export function useTakeProject() {
  const client = useQueryClient();
  const transport = useTransport();
  const { id } = useProject();
  return (p: Project) => {
    client.setQueryData(
      createConnectQueryKey({
        schema: ProjectService.method.getProject,
        input: { projectId: id },
        transport, // an exact key has it
        cardinality: "finite",
      }),
      p,
    );
    void client.invalidateQueries({
      queryKey: createConnectQueryKey({ schema: ProjectService.method.listProjects, cardinality: "finite" }),
    });
  };
}

/**
 * A part of a project's settings while somebody changes it. It is saved only over the
 * version it was read from; if that is gone, what was typed stays and the page says so.
 */
export function useDraft<T>(project: Project, read: (p: Project) => T) {
  const [base, setBase] = useState(project);
  const [draft, setDraft] = useState(() => read(project));
  const take = useTakeProject();
  const start = (p: Project) => {
    setBase(p);
    setDraft(read(p));
  };
  const update = useMutation(ProjectService.method.updateProject, {
    onSuccess: (p) => {
      take(p);
      start(p);
      toast({ text: "Saved. It holds for events that arrive from now on." });
    },
  });
  return {
    base,
    draft,
    dirty: JSON.stringify(draft) !== JSON.stringify(read(base)),
    set: (change: Partial<T>) => setDraft((d) => ({ ...d, ...change })),
    start,
    reset: () => {
      update.reset();
      setDraft(read(base));
    },
    save: (change: Omit<MessageInitShape<typeof UpdateProjectRequestSchema>, "projectId" | "etag" | "$typeName">) =>
      update.mutate({ ...change, projectId: project.id, etag: base.etag }),
    saving: update.isPending,
    error: update.error,
    clear: update.reset,
  };
}
