import { createConnectQueryKey, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { CircleCheck, Radio } from "lucide-react";
import { useEffect } from "react";
import { ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import type { EventSummary } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { failure } from "@/lib/errors";
import { useTitle } from "@/lib/title";
import { buttonClass } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { cx } from "@/ui/cx";
import { Card, Page, PageHead } from "@/ui/page";
import { Source } from "@/ui/source";
import { Awaited, Empty, Skeleton } from "@/ui/state";
import { TabBar, tabClass } from "@/ui/tabs";
import { Time } from "@/ui/values";
import { useArrival } from "./arrival";
import { type Platform, platforms } from "./search";
import { type Step, steps } from "./snippets";

const names: Record<Platform, string> = { go: "Go", curl: "curl", cli: "faultline send" };

/** How to send, with the project's own DSN; waits live and turns green. */
export function SetupPage() {
  const project = useProject();
  const { platform = "go" } = useSearch({ from: "/in/p/$project/setup" });
  const keys = useQuery(ProjectService.method.listKeys, { projectId: project.id });
  useTitle(`Set-up of ${project.name}`);
  const dsn = keys.data?.keys.find((k) => k.kind === "dsn" && !k.revokedAt)?.dsn;

  return (
    <Page narrow>
      <PageHead
        title={`Send events to ${project.name}`}
        about="Paste the lines, run them, and watch the event arrive here."
      />
      <Arrival />
      <div className="mt-5">
        <TabBar label="Platform">
          {platforms.map((p) => (
            <Link
              key={p}
              to="/p/$project/setup"
              params={{ project: project.slug }}
              search={{ platform: p === "go" ? undefined : p }}
              aria-current={p === platform ? "page" : undefined}
              className={tabClass(p === platform)}
              activeProps={{}}
              replace
            >
              {names[p]}
            </Link>
          ))}
        </TabBar>
      </div>
      <Awaited of={keys} what="the DSN">
        <Skeleton className="mt-4 h-5 w-64" />
        <Skeleton className="mt-3 h-32 w-full" />
      </Awaited>
      {keys.isSuccess && !dsn && (
        <Empty
          title="This project has no valid DSN"
          actions={
            <Link to="/p/$project/settings" params={{ project: project.slug }} className={buttonClass("primary")}>
              Make a key
            </Link>
          }
        >
          Every DSN key of it was revoked.
        </Empty>
      )}
      {dsn && (
        <div className="mt-4 flex flex-col gap-4">
          <Card title="DSN" aside={<CopyButton text={dsn}>Copy DSN</CopyButton>}>
            <code className="font-mono text-list [overflow-wrap:anywhere]">{dsn}</code>
            <p className="mt-1 text-meta text-muted">
              It names the server, the project and a key that can only send. It may be part of a program that people
              download.
            </p>
          </Card>
          {steps(platform, dsn).map((s, i) => (
            <StepCard key={s.title} step={s} n={i + 1} />
          ))}
        </div>
      )}
    </Page>
  );
}

function StepCard({ step, n }: { step: Step; n: number }) {
  return (
    <Card flush title={`${n}. ${step.title}`} aside={<CopyButton text={step.code}>Copy</CopyButton>}>
      {step.text && <p className="px-4 py-2 text-list text-muted">{step.text}</p>}
      <Source lines={step.code.split("\n")} first={1} lang={step.lang} label={step.title} />
    </Card>
  );
}

function Arrival() {
  const project = useProject();
  const client = useQueryClient();
  const router = useRouter();
  const isNew = project.firstEventAt === undefined;
  const { event, error } = useArrival(project.id, isNew);
  const arrived = event !== undefined;

  // Other pages must not go on saying that nothing has arrived.
  useEffect(() => {
    if (!arrived || !isNew) return;
    const queryKey = createConnectQueryKey({ schema: ProjectService.method.listProjects, cardinality: "finite" });
    void client.resetQueries({ queryKey }).then(() => router.invalidate());
  }, [arrived, isNew, client, router]);

  return (
    <div
      role="status"
      className={cx(
        "flex min-h-16 flex-wrap items-center gap-x-4 gap-y-2 rounded-md border px-4 py-3",
        event ? "border-good bg-good-soft" : "border-line bg-surface",
      )}
      data-arrived={arrived || undefined}
    >
      {event ? (
        <Arrived event={event} project={project.slug} />
      ) : (
        <Waiting isNew={isNew} problem={error ? failure(error).title : undefined} />
      )}
    </div>
  );
}

function Waiting({ isNew, problem }: { isNew: boolean; problem: string | undefined }) {
  const project = useProject();
  return (
    <>
      <Radio size={20} className="shrink-0 animate-pulse text-muted" aria-hidden />
      <div className="min-w-0 grow">
        <p className="text-list font-semibold">
          {isNew ? "Waiting for the first event" : "Waiting for the next event"}
        </p>
        <p className="text-meta text-muted">
          {problem ? (
            `${problem}; it is tried again every two seconds.`
          ) : isNew ? (
            "This turns green the moment one is stored."
          ) : (
            <>
              The first one came <Time at={project.firstEventAt} />. Send another to see it arrive.
            </>
          )}
        </p>
      </div>
    </>
  );
}

function Arrived({ event, project }: { event: EventSummary; project: string }) {
  return (
    <>
      <CircleCheck size={20} className="shrink-0 text-good-ink" aria-hidden />
      <div className="min-w-0 grow">
        <p className="text-list font-semibold text-good-ink">An event arrived and is stored</p>
        <p className="truncate text-meta">{event.title}</p>
      </div>
      <Link
        to="/p/$project/issues/$issue"
        params={{ project, issue: event.issueId }}
        search={{ event: event.eventId }}
        className={buttonClass("primary")}
      >
        Open the issue
      </Link>
    </>
  );
}
