import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { Button } from "@/ui/button";
import { PickList } from "@/ui/pick-list";
import { Popover } from "@/ui/popover";

type SwitcherProps = {
  projects: Project[];
  /** The one that is shown; none: all. */
  project: Project | undefined;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onNew: () => void;
};

const ALL = "*";

export function ProjectSwitcher({ projects, project, open, onOpenChange, onNew }: SwitcherProps) {
  const name = project?.name ?? "All projects";
  const navigate = useNavigate();
  return (
    <Popover
      open={open}
      onOpenChange={onOpenChange}
      label="Projects"
      trigger={
        <Button kind="quiet" className="-ml-2 max-w-56 min-w-0" aria-label={`Project: ${name}`}>
          <span className="truncate font-semibold">{name}</span>
          <ChevronsUpDown size={13} className="text-muted" aria-hidden />
        </Button>
      }
    >
      <PickList
        label="Find a project"
        items={[
          { id: ALL, label: "All projects" },
          ...projects.map((p) => ({ id: p.slug, label: p.name, hint: p.slug, words: `${p.slug} ${p.id}` })),
        ]}
        selected={project?.slug ?? ALL}
        onPick={(slug) => {
          onOpenChange(false);
          if (slug === ALL) void navigate({ to: "/issues" });
          else void navigate({ to: "/p/$project/issues", params: { project: slug } });
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
