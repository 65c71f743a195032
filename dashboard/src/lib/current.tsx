import { createContext, type ReactNode, useContext } from "react";
import type { Project, Session } from "@/gen/faultline/admin/v1/admin_pb";

const SessionContext = createContext<Session | undefined>(undefined);
const ProjectContext = createContext<Project | undefined>(undefined);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function ProjectProvider({ project, children }: { project: Project; children: ReactNode }) {
  return <ProjectContext value={project}>{children}</ProjectContext>;
}

/** Who is signed in. */
export function useSession(): Session {
  const s = useContext(SessionContext);
  if (!s) throw new Error("useSession needs a page behind the sign-in");
  return s;
}

/** The project of this page. */
export function useProject(): Project {
  const p = useContext(ProjectContext);
  if (!p) throw new Error("useProject needs a page of a project");
  return p;
}
