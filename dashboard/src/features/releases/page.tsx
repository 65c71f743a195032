import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Layers, Rocket } from "lucide-react";
import { useMemo } from "react";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { plural } from "@/lib/format";
import { useNow } from "@/lib/now";
import { rangeInput } from "@/lib/range";
import { useTitle } from "@/lib/title";
import { buttonClass } from "@/ui/button";
import { NarrowPicker } from "@/ui/narrow-picker";
import { Card, Page, PageHead } from "@/ui/page";
import { RangePicker } from "@/ui/range-picker";
import { Controls } from "@/ui/slot";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { ReleaseTable } from "./table";

const MINUTE = 60_000;

/** How releases do by the sessions that clients report. */
export function ReleasesPage() {
  const project = useProject();
  const search = useSearch({ from: "/in/p/$project/releases" });
  const navigate = useNavigate({ from: "/p/$project/releases" });
  // Whole minutes, so that a page that stays open asks once a minute.
  const minute = Math.ceil(useNow() / MINUTE) * MINUTE;
  const input = useMemo(
    () => ({
      projectId: project.id,
      pageSize: 200,
      environment: search.env ?? "",
      ...rangeInput(search, minute),
    }),
    [project.id, search, minute],
  );
  const q = useQuery(QueryService.method.listReleaseHealth, input, { placeholderData: keepPreviousData });
  useTitle(`Releases of ${project.name}`);
  const all = q.data?.sessions ?? 0n;

  return (
    <Page>
      <Controls>
        <span className="grow" />
        <NarrowPicker
          label="Environment"
          all="All environments"
          icon={<Layers size={14} className="text-muted" aria-hidden />}
          items={(q.data?.environments ?? []).map((e) => ({ id: e, label: e }))}
          value={search.env}
          onChange={(env) => void navigate({ search: (s) => ({ ...s, env }) })}
        />
        <RangePicker
          value={search}
          onChange={(r) =>
            void navigate({ search: (s) => ({ ...s, range: undefined, start: undefined, end: undefined, ...r }) })
          }
        />
      </Controls>
      <PageHead
        title="Releases"
        about={
          q.data && all > 0n
            ? `${plural(all, "session")} of ${plural(q.data.users, "user")} in this time range${search.env ? ` in ${search.env}` : ""}. A crash-free session is one that did not end in a crash.`
            : "How many sessions and users of each release did not see a crash."
        }
      />
      <Awaited of={q} what="releases" still="Sessions are still being taken in and counted.">
        <Skeleton className="h-64 w-full" />
      </Awaited>
      {q.data && all === 0n && (q.data.reported ? <Nothing env={search.env} /> : <HowTo project={project.slug} />)}
      {q.data && all > 0n && (
        <Card flush>
          <ReleaseTable
            releases={q.data.releases}
            project={project.slug}
            sort={search.by ?? "sessions"}
            reverse={search.reverse ?? false}
            onSort={(by, reverse) =>
              void navigate({
                search: (s) => ({ ...s, by: by === "sessions" ? undefined : by, reverse: reverse || undefined }),
                replace: true,
              })
            }
          />
        </Card>
      )}
    </Page>
  );
}

function Nothing({ env }: { env: string | undefined }) {
  return (
    <Empty title={`No session began in this time range${env ? ` in ${env}` : ""}`}>
      Choose a longer range to see earlier sessions{env ? ", or all environments" : ""}.
    </Empty>
  );
}

/** Sessions need nothing but the name of a release. */
function HowTo({ project }: { project: string }) {
  return (
    <Empty
      icon={<Rocket size={22} aria-hidden />}
      title="No client has reported a session yet"
      actions={
        <Link to="/p/$project/setup" params={{ project }} className={buttonClass("primary")}>
          Set up sending
        </Link>
      }
    >
      <p>
        Sentry's SDKs for browsers, Node.js, Python, Ruby and mobile apps report sessions by themselves once they know
        which release they run in:
      </p>
      <pre className="mt-3 overflow-x-auto rounded-md border border-line bg-sunken px-3 py-2 text-left font-mono text-meta text-ink">
        {'Sentry.init({ dsn: "…", release: "shop@1.8.0" })'}
      </pre>
    </Empty>
  );
}
