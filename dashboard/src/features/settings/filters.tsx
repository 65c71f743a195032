import { useQuery } from "@connectrpc/connect-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { compact, exact } from "@/lib/format";
import { rangeInput } from "@/lib/range";
import { Awaited } from "@/ui/state";
import { Rows } from "./parts";
import { fromLines, listOf, texts, toLines, useDraft, useFreshProject } from "./project";
import { ListRow, SwitchRow } from "./rows";
import { SaveBar } from "./save-bar";

const switches = [
  {
    id: "crawlers",
    reason: "filter_crawler",
    title: "Web crawlers and monitors",
    about: "Agents that end a word with “bot”, spiders, up-time monitors.",
  },
  {
    id: "legacyBrowsers",
    reason: "filter_legacy_browser",
    title: "Browsers nobody fixes errors for",
    about: "Internet Explorer; Chrome before 63, Firefox before 67, Safari before 12, Edge before 79.",
  },
  {
    id: "extensions",
    reason: "filter_extension",
    title: "Browser extensions",
    about: "Errors thrown in a script of an extension, or with a message that only they have.",
  },
  {
    id: "localhost",
    reason: "filter_localhost",
    title: "Localhost",
    about: "Requests to localhost; without a URL, users on the loopback address.",
  },
  {
    id: "healthChecks",
    reason: "filter_health_check",
    title: "Health checks",
    about: "Requests to /healthz, /livez, /ping and the like.",
  },
] as const;

const lists = [
  {
    id: "releases",
    reason: "filter_release",
    title: "Releases",
    about: "One pattern a line; * stands for anything.",
    placeholder: "0.*",
  },
  {
    id: "environments",
    reason: "filter_environment",
    title: "Environments",
    about: "One pattern a line.",
    placeholder: "dev-*",
  },
  {
    id: "types",
    reason: "filter_type",
    title: "Exception types",
    about: "One pattern a line.",
    placeholder: "KeyboardInterrupt",
  },
  {
    id: "messages",
    reason: "filter_message",
    title: "Messages",
    about: "Messages, exception values, and “type: value”; one pattern a line.",
    placeholder: "*ResizeObserver loop*",
  },
  {
    id: "origins",
    reason: "filter_origin",
    title: "Allowed origins",
    about: "Where browsers may send from, one a line. Empty allows every origin; what is not listed is refused.",
    placeholder: "*.example.com",
  },
] as const;

function read(p: Project) {
  const f = p.settings?.filters;
  return {
    crawlers: f?.crawlers ?? false,
    legacyBrowsers: f?.legacyBrowsers ?? false,
    extensions: f?.extensions ?? false,
    localhost: f?.localhost ?? false,
    healthChecks: f?.healthChecks ?? false,
    releases: toLines(texts(f?.releases)),
    environments: toLines(texts(f?.environments)),
    types: toLines(texts(f?.types)),
    messages: toLines(texts(f?.messages)),
    origins: toLines(texts(p.settings?.allowedOrigins)),
  };
}

/** Which events are refused, and how many were. */
export function Filters() {
  const project = useFreshProject();
  if (!project.data)
    return (
      <Awaited of={project} what="filters" still="They go on refusing what they refuse.">
        <Rows />
      </Awaited>
    );
  return <Form project={project.data} />;
}

const DAYS = 7;

/** How many events each reason refused lately; undefined while that is not known. */
function useRefused() {
  const { id } = useProject();
  const input = useMemo(
    () => ({
      projectId: id,
      buckets: 1,
      ...rangeInput({ range: `${DAYS}d` }, Math.ceil(Date.now() / 60_000) * 60_000),
    }),
    [id],
  );
  const q = useQuery(QueryService.method.listOutcomes, input);
  return (reason: string) =>
    q.data?.series.filter((s) => s.outcome === "filtered" && s.reason === reason).reduce((a, s) => a + s.total, 0n);
}

function Form({ project }: { project: Project }) {
  const refused = useRefused();
  const d = useDraft(project, read);
  const count = (reason: string) => {
    const n = refused(reason);
    return n === undefined ? null : (
      <span className="num text-meta text-muted" data-tip={`${exact(n)} events in the last ${DAYS} days`}>
        {n === 0n ? "none" : compact(n)} refused
      </span>
    );
  };
  const save = () =>
    d.save({
      settings: {
        filters: {
          crawlers: d.draft.crawlers,
          legacyBrowsers: d.draft.legacyBrowsers,
          extensions: d.draft.extensions,
          localhost: d.draft.localhost,
          healthChecks: d.draft.healthChecks,
          releases: listOf(fromLines(d.draft.releases)),
          environments: listOf(fromLines(d.draft.environments)),
          types: listOf(fromLines(d.draft.types)),
          messages: listOf(fromLines(d.draft.messages)),
        },
        allowedOrigins: listOf(fromLines(d.draft.origins)),
      },
    });
  return (
    <>
      <p className="mb-3 text-list text-muted">
        An event that is refused is not kept, but counted with its reason: the numbers are of the last {DAYS} days, and{" "}
        <Link
          to="/p/$project/outcomes"
          params={{ project: project.slug }}
          className="link underline underline-offset-2"
        >
          Outcomes
        </Link>{" "}
        shows them over time.
      </p>
      <ul className="card divide-y divide-line">
        {switches.map((s) => (
          <SwitchRow
            key={s.id}
            title={s.title}
            about={s.about}
            aside={count(s.reason)}
            on={d.draft[s.id]}
            onChange={(on) => d.set({ [s.id]: on })}
          />
        ))}
        {lists.map((l) => (
          <ListRow
            key={l.id}
            title={l.title}
            about={l.about}
            aside={count(l.reason)}
            placeholder={l.placeholder}
            value={d.draft[l.id]}
            onChange={(text) => d.set({ [l.id]: text })}
          />
        ))}
      </ul>
      <SaveBar
        dirty={d.dirty}
        saving={d.saving}
        error={d.error}
        onSave={save}
        onReset={d.reset}
        onTake={(p) => {
          d.clear();
          d.start(p);
        }}
      />
    </>
  );
}
