import type { ConnectRouter } from "@connectrpc/connect";
import {
  AlertService,
  GroupingService,
  ProjectService,
  SessionService,
} from "../src/gen/faultline/admin/v1/admin_pb.ts";
import { QueryService } from "../src/gen/faultline/query/v1/query_pb.ts";
import { alertService, projectService, sessionService } from "./admin-service.ts";
import { groupingService } from "./grouping-service.ts";
import { queryService } from "./query-service.ts";
import type { Store } from "./store.ts";

/** All services over one store: for the development server and for component tests. */
export function routes(store: Store) {
  return (router: ConnectRouter) => {
    router.service(SessionService, sessionService(store));
    router.service(ProjectService, projectService(store));
    router.service(GroupingService, groupingService(store));
    router.service(AlertService, alertService(store));
    router.service(QueryService, queryService(store));
  };
}
