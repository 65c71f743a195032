import { useQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import { type Project, ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import { buttonClass } from "@/ui/button";
import { Empty } from "@/ui/state";
import { defaultQuery } from "../search";
import { ListLink } from "./link";

/** What stands in the place of an empty list, and what to do next. */
export function NothingFound({ project, query }: { project: Project | undefined; query: string }) {
  const now = useQuery(
    ProjectService.method.getProject,
    { projectId: project?.id ?? 0 },
    { enabled: project !== undefined && !project.firstEventAt },
  );
  if (project && !project.firstEventAt && now.data && !now.data.firstEventAt) {
    return (
      <Empty
        title="Waiting for the first event"
        actions={
          <Link to="/p/$project/setup" params={{ project: project.slug }} className={buttonClass("primary")}>
            Set up sending
          </Link>
        }
      >
        Nothing has arrived in this project. Set-up has the lines to paste, with its DSN filled in.
      </Empty>
    );
  }
  return (
    <Empty
      title={query === defaultQuery ? "Nothing is unresolved" : "No issue matches"}
      actions={
        <>
          <ListLink project={project?.slug} search={{ query: "", range: "90d" }} className={buttonClass()}>
            Show all of the last 90 days
          </ListLink>
          {project && (
            <Link to="/p/$project/tail" params={{ project: project.slug }} className={buttonClass()}>
              Watch events arrive
            </Link>
          )}
        </>
      }
    >
      {query === defaultQuery
        ? "No open issue had an event in this time range."
        : "No issue had an event that matches in this time range."}
    </Empty>
  );
}
