import { createQueryOptions } from "@connectrpc/connect-query";
import { ProjectService, SessionService } from "@/gen/faultline/admin/v1/admin_pb";
import { transport } from "@/lib/client";

/** Who is signed in; asked once, and again after signing in. */
export const sessionQuery = {
  ...createQueryOptions(SessionService.method.getSession, {}, { transport }),
  staleTime: Number.POSITIVE_INFINITY,
};

export const projectsQuery = {
  ...createQueryOptions(ProjectService.method.listProjects, { pageSize: 200 }, { transport }),
  staleTime: 60_000,
};
