import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { IssuesSearch } from "../search";

type ListLinkProps = {
  /** Slug; none: all projects. */
  project: string | undefined;
  search: IssuesSearch | ((prev: IssuesSearch) => IssuesSearch);
  className: string;
  "aria-current"?: "page" | undefined;
  children: ReactNode;
};

/** Leads to the list of a project's issues, or of all projects'. */
export function ListLink({ project, search, ...rest }: ListLinkProps) {
  if (project === undefined) return <Link to="/issues" search={search} activeProps={{}} {...rest} />;
  return <Link to="/p/$project/issues" params={{ project }} search={search} activeProps={{}} {...rest} />;
}
