import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { Button } from "@/ui/button";
import { PickList } from "@/ui/pick-list";
import { Popover } from "@/ui/popover";

type SwitcherProps = { projects: Project[]; open: boolean; onOpenChange: (open: boolean) => void; onNew: () => void };

export function ProjectSwitcher({ projects, open, onOpenChange, onNew }: SwitcherProps) {
  const project = useProject();
  const navigate = useNavigate();
  return (
    <Popover
      open={open}
      onOpenChange={onOpenChange}
      label="Projects"
      trigger={
        <Button kind="quiet" className="-ml-2 max-w-56 min-w-0" aria-label={`Project: ${project.name}`}>
          <span className="truncate font-semibold">{project.name}</span>
          <ChevronsUpDown size={13} className="text-muted" aria-hidden />
        </Button>
      }
    >
      <PickList
        label="Find a project"
        items={projects.map((p) => ({ id: p.slug, label: p.name, hint: p.slug, words: `${p.slug} ${p.id}` }))}
        selected={project.slug}
        onPick={(slug) => {
          onOpenChange(false);
          void navigate({ to: "/p/$project/issues", params: { project: slug } });
        }}
        footer={
          <Button
            kind="quiet"
            className="w-full !justify-start !px-2"
            icon={<Plus size={14} aria-hidden />}
            onClick={onNew}
          >
            New project
          </Button>
        }
      />
    </Popover>
  );
}
