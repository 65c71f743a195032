import { useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useId, useState } from "react";
import { ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import { failure } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { projectsQuery } from "./queries";

/** Makes a project and goes on to its set-up page. */
export function NewProject({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const id = useId();
  const client = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const create = useMutation(ProjectService.method.createProject, {
    onSuccess: async (project) => {
      await client.fetchQuery({ ...projectsQuery, staleTime: 0 });
      await router.invalidate();
      setName("");
      onClose();
      void navigate({ to: "/p/$project/setup", params: { project: project.slug }, search: {} });
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New project"
      description="One for each program that sends events."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={id} busy={create.isPending} disabled={!name.trim()}>
            Create project
          </Button>
        </>
      }
    >
      <form
        id={id}
        onSubmit={(e) => {
          e.preventDefault();
          create.mutate({ name: name.trim() });
        }}
      >
        <Field
          label="Name"
          placeholder="Web shop"
          value={name}
          onChange={(e) => setName(e.target.value)}
          error={create.error ? failure(create.error).detail : undefined}
          hint="Its short form becomes part of issue names, as in WEB-SHOP-42."
        />
      </form>
    </Dialog>
  );
}
