import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowDown, Pause, Play } from "lucide-react";
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { EventSummary } from "@/gen/faultline/query/v1/query_pb";
import { useProject } from "@/lib/current";
import { failure, isInvalid, isUnauthenticated } from "@/lib/errors";
import { bothZones, clock, plural } from "@/lib/format";
import { usePrefs } from "@/lib/prefs";
import { LevelBar, LevelWord } from "@/lib/severity";
import { useTitle } from "@/lib/title";
import { Button } from "@/ui/button";
import { SearchBox } from "@/ui/search-box";
import { Controls } from "@/ui/slot";
import { Empty } from "@/ui/state";
import { type Tail, useTail } from "./stream";

const refused = (err: unknown) => isInvalid(err) || isUnauthenticated(err);

function statusText(t: Tail, paused: boolean): string {
  if (t.status === "connecting") return "Connecting";
  if (t.status === "lost") return `Connection lost: ${failure(t.error).title.toLowerCase()}. Trying again`;
  if (t.status === "refused") return failure(t.error).title;
  const rate = t.rate >= 10 ? Math.round(t.rate).toString() : t.rate.toFixed(1);
  const sampled =
    t.shownOf > 1.05 ? `, showing 1 in ${t.shownOf < 10 ? +t.shownOf.toFixed(1) : Math.round(t.shownOf)}` : "";
  return `${paused ? "Paused" : "Following"}, ${rate} a second${sampled}`;
}

/** Events as they are stored, newest at the bottom. */
export function TailPage() {
  const project = useProject();
  const { query = "" } = useSearch({ from: "/in/p/$project/tail" });
  const navigate = useNavigate({ from: "/p/$project/tail" });
  const tail = useTail(project.id, query, refused);
  const [held, setHeld] = useState<EventSummary[]>();
  const box = useRef<HTMLDivElement>(null);
  useTitle(`Live tail of ${project.name}`);

  const events = held ?? tail.events;
  const paused = held !== undefined;
  const last = tail.events.at(-1);
  const missed = paused
    ? tail.events.length - (held.length ? tail.events.indexOf(held.at(-1) as EventSummary) + 1 : 0)
    : 0;
  const invalid = isInvalid(tail.error) ? failure(tail.error).detail : undefined;

  useLayoutEffect(() => {
    if (!paused && last && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last, paused]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search starts afresh
  useEffect(() => setHeld(undefined), [query, project.id]);

  const onScroll = () => {
    const el = box.current;
    if (!el) return;
    const atEnd = el.scrollHeight - el.scrollTop - el.clientHeight < 24;
    if (!atEnd && !paused) setHeld(tail.events);
  };
  return (
    <div className="flex h-[calc(100dvh-7rem)] flex-col px-3 pt-3 max-sm:h-[calc(100dvh-10rem)] sm:px-5 md:h-[calc(100dvh-3.1rem)] md:pb-4">
      <Controls>
        <SearchBox
          className="grow"
          value={query}
          label="Search the live tail"
          placeholder="level:error environment:production"
          error={invalid}
          onSubmit={(q) => void navigate({ search: { query: q || undefined } })}
        />
      </Controls>
      <div className="flex items-center justify-between gap-3 pb-2">
        <div className="min-w-0">
          <h1 className="text-lead font-semibold">Live tail</h1>
          <p className="num truncate text-meta text-muted" role="status">
            {statusText(tail, paused)}
          </p>
        </div>
        <Button
          icon={paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
          onClick={() => setHeld(paused ? undefined : tail.events)}
        >
          {paused ? "Follow" : "Pause"}
        </Button>
      </div>
      <div className="relative min-h-0 grow">
        <div
          ref={box}
          onScroll={onScroll}
          role="log"
          aria-label="Events"
          aria-live="off"
          tabIndex={0}
          className="card h-full overflow-y-auto"
        >
          {events.length === 0 && !invalid && (
            <Empty title={tail.status === "connecting" ? "Connecting" : "Waiting for events"}>
              {query
                ? "What matches the search appears here the moment it is stored."
                : "Events appear here the moment they are stored."}
            </Empty>
          )}
          {invalid && <Empty title="This search cannot be read">{invalid}</Empty>}
          {events.map((e) => (
            <Line
              key={e.eventId + (e.timestamp?.nanos ?? 0) + (e.timestamp?.seconds ?? 0n)}
              e={e}
              project={project.slug}
            />
          ))}
        </div>
        {paused && missed > 0 && (
          <button
            type="button"
            className="absolute bottom-3 left-1/2 flex h-7 -translate-x-1/2 appear items-center gap-1.5 rounded-full bg-accent-fill px-3 text-meta font-medium text-on-accent shadow-float"
            onClick={() => setHeld(undefined)}
          >
            <ArrowDown size={12} aria-hidden /> {plural(missed, "newer event")}
          </button>
        )}
      </div>
    </div>
  );
}

const Line = memo(function Line({ e, project }: { e: EventSummary; project: string }) {
  const { zone } = usePrefs();
  const at = e.timestamp ? timestampMs(e.timestamp) : 0;
  return (
    <Link
      to="/p/$project/issues/$issue"
      params={{ project, issue: e.issueId }}
      search={{ event: e.eventId }}
      preload={false}
      className="flex min-h-8 items-center gap-x-3 border-b border-line px-3 py-1 text-meta hover:bg-hover max-sm:flex-wrap"
    >
      <span className="num shrink-0 text-muted" data-tip={bothZones(at, zone)}>
        {clock(at, zone)}
      </span>
      <span className="flex w-16 shrink-0 items-center gap-2">
        <span className="grid h-7 w-1 place-items-center">
          <LevelBar level={e.level} />
        </span>
        <LevelWord level={e.level} />
      </span>
      <span className="min-w-0 grow truncate text-list max-sm:w-full max-sm:grow-0">{e.title}</span>
      <span className="w-40 shrink-0 truncate text-muted max-lg:hidden">{e.transaction || e.culprit}</span>
      <span className="w-28 shrink-0 truncate text-muted max-md:hidden">{e.release}</span>
      <span className="w-24 shrink-0 truncate text-muted max-sm:hidden">{e.environment}</span>
    </Link>
  );
});
