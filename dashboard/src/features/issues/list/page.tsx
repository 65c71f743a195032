import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useProject } from "@/lib/current";
import type { IssuesSearch } from "../search";
import { IssuesView } from "./view";

/** The issues of one project. */
export function IssuesPage() {
  const search = useSearch({ from: "/in/p/$project/issues" });
  const navigate = useNavigate({ from: "/p/$project/issues" });
  const go = useCallback(
    (change: Partial<IssuesSearch>) => void navigate({ search: (prev) => ({ ...prev, ...change }) }),
    [navigate],
  );
  return <IssuesView project={useProject()} search={search} go={go} />;
}

/** The issues of all projects. */
export function AllIssuesPage() {
  const search = useSearch({ from: "/in/all/issues" });
  const navigate = useNavigate({ from: "/issues" });
  const go = useCallback(
    (change: Partial<IssuesSearch>) => void navigate({ search: (prev) => ({ ...prev, ...change }) }),
    [navigate],
  );
  return <IssuesView project={undefined} search={search} go={go} />;
}
