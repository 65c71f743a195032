import { useNavigate } from "@tanstack/react-router";
import { CornerDownLeft, Folder, Folders, Keyboard, LogOut, PlugZap, Plus, SunMoon } from "lucide-react";
import { useState } from "react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { prefs } from "@/lib/prefs";
import { Dialog } from "@/ui/dialog";
import { type Pick, PickList } from "@/ui/pick-list";
import { useSignOut } from "./account-menu";
import { pages } from "./rail";

type PaletteProps = {
  open: boolean;
  onClose: () => void;
  projects: Project[];
  /** Whose pages it leads to. */
  project: Project;
  /** Whether all projects are shown: they are what it searches. */
  all: boolean;
  onProject: (slug: string) => void;
  onHelp: () => void;
  onNewProject: () => void;
};

const issueName = /^([a-z0-9_-]+-\d+|[0-9a-v]{32})$/i;

/** Go to anything: a page, a project, an issue by its name, or a search. */
export function Palette({ open, onClose, projects, project, all, onProject, onHelp, onNewProject }: PaletteProps) {
  const { slug } = project;
  const navigate = useNavigate();
  const signOut = useSignOut();
  const [text, setText] = useState("");
  const typed = text.trim();

  const commands: (Pick & { run: () => void })[] = [
    ...pages.map((p) => ({
      id: p.to,
      label: p.label,
      icon: <p.icon size={15} />,
      hint: "page",
      run: () => void navigate({ to: p.to, params: { project: slug } }),
    })),
    {
      id: "setup",
      label: "Set-up: send events",
      icon: <PlugZap size={15} />,
      hint: "page",
      run: () => void navigate({ to: "/p/$project/setup", params: { project: slug } }),
    },
    {
      id: "all",
      label: "All projects",
      icon: <Folders size={15} />,
      hint: "project",
      run: () => void navigate({ to: "/issues" }),
    },
    ...projects.map((p) => ({
      id: `project:${p.slug}`,
      label: p.name,
      words: p.slug,
      icon: <Folder size={15} />,
      hint: "project",
      run: () => onProject(p.slug),
    })),
    { id: "new", label: "New project", icon: <Plus size={15} />, run: onNewProject },
    ...(["light", "dark", "system"] as const).map((t) => ({
      id: `theme:${t}`,
      label: t === "system" ? "Theme of the system" : `${t === "light" ? "Light" : "Dark"} theme`,
      icon: <SunMoon size={15} />,
      run: () => prefs.set({ theme: t }),
    })),
    { id: "help", label: "Keyboard", icon: <Keyboard size={15} />, hint: "?", run: onHelp },
    { id: "out", label: "Sign out", icon: <LogOut size={15} />, run: () => signOut.mutate({}) },
  ];
  if (issueName.test(typed)) {
    commands.unshift({
      id: "open",
      label: `Open issue ${typed.toUpperCase()}`,
      words: typed,
      icon: <CornerDownLeft size={15} />,
      run: () => {
        const issue = typed.length === 32 ? typed : typed.toUpperCase();
        if (all) void navigate({ to: "/issues/$issue", params: { issue } });
        else void navigate({ to: "/p/$project/issues/$issue", params: { project: slug, issue } });
      },
    });
  }
  if (typed) {
    commands.push({
      id: "search",
      label: `Search issues for ${typed}`,
      words: typed,
      icon: <CornerDownLeft size={15} />,
      run: () => {
        const search = { query: typed };
        if (all) void navigate({ to: "/issues", search });
        else void navigate({ to: "/p/$project/issues", params: { project: slug }, search });
      },
    });
  }

  const close = () => {
    setText(""); // the field is empty when it opens again
    onClose();
  };
  return (
    <Dialog open={open} onClose={close} title="Go to anything" bare>
      <PickList
        label="Page, project, issue or search"
        items={commands}
        onType={setText}
        onPick={(id) => {
          close();
          commands.find((c) => c.id === id)?.run();
        }}
      />
    </Dialog>
  );
}
