import type { Event, Exception } from "@/gen/faultline/event/v1/event_pb";
import { Chip } from "@/ui/chip";
import { CopyButton } from "@/ui/copy";
import { Fold } from "@/ui/fold";
import { KeyValues } from "@/ui/key-values";
import { Card } from "@/ui/page";
import { Frames } from "./frames";
import { chain } from "./frames-model";
import { stackMarkdown, stackText } from "./stack-text";

function Mechanism({ exception }: { exception: Exception }) {
  const m = exception.mechanism;
  if (!m) return null;
  const facts = [m.type && `captured by ${m.type}`, m.source && `found in ${m.source}`, m.description]
    .filter(Boolean)
    .join(" · ");
  return (
    <>
      {m.handled !== undefined && (
        <Chip tone={m.handled ? "neutral" : "strong"}>{m.handled ? "handled" : "unhandled"}</Chip>
      )}
      {m.isGroup && <Chip>group</Chip>}
      {facts && <span className="text-meta text-muted">{facts}</span>}
    </>
  );
}

const relations = { thrown: "", cause: "Caused by", member: "Member of the group" };

/** The chain: the exception that was thrown first, its causes below, each foldable. */
export function Exceptions({ event, title }: { event: Event; title: string }) {
  const links = chain(event.exceptions);
  const firstStack = links.findIndex((l) => (l.exception.stacktrace?.frames.length ?? 0) > 0);
  return (
    <Card
      flush
      id="exception"
      title={links.length > 1 ? `Exceptions (${links.length})` : "Exception"}
      aside={
        <div className="-mr-2 flex gap-1 py-1">
          <CopyButton text={() => stackText(event)}>Copy text</CopyButton>
          <CopyButton text={() => stackMarkdown(title, location.href, event)}>Copy Markdown</CopyButton>
        </div>
      }
    >
      <div className="divide-y divide-line">
        {links.map(({ exception: e, depth, relation }, i) => (
          <div key={i} style={{ paddingLeft: depth * 16 }}>
            <Fold
              open={i === 0 || i === firstStack}
              headClass="items-start px-3 py-2.5"
              head={
                <span className="min-w-0 grow">
                  {relations[relation] && <span className="mr-1.5 text-meta text-muted">{relations[relation]}</span>}
                  <span className="text-list font-semibold [overflow-wrap:anywhere]">{e.type || "Error"}</span>
                  {e.value && (
                    <span className="mt-0.5 line-clamp-6 font-mono text-meta leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
                      {e.value}
                    </span>
                  )}
                </span>
              }
            >
              {() => (
                <>
                  <div className="flex flex-wrap items-center gap-2 px-8 pb-2 empty:hidden">
                    <Mechanism exception={e} />
                  </div>
                  {e.mechanism?.data && Object.keys(e.mechanism.data).length > 0 && (
                    <KeyValues className="px-8 pb-2" items={Object.entries(e.mechanism.data)} />
                  )}
                  {e.stacktrace?.frames.length ? (
                    <Frames
                      frames={e.stacktrace.frames}
                      omitted={e.stacktrace.framesOmitted}
                      platform={event.platform}
                    />
                  ) : (
                    <p className="px-8 pb-3 text-meta text-muted">This error carries no stack.</p>
                  )}
                </>
              )}
            </Fold>
          </div>
        ))}
      </div>
    </Card>
  );
}

/** What an event without exceptions says. */
export function MessageCard({ event }: { event: Event }) {
  const m = event.message;
  if (!m) return null;
  return (
    <Card title="Message" id="message">
      <p className="font-mono text-list [overflow-wrap:anywhere] whitespace-pre-wrap">{m.formatted || m.template}</p>
      {m.template && m.template !== m.formatted && (
        <KeyValues
          className="mt-3"
          items={[["template", m.template], ...m.params.map((p, i): [string, string] => [`parameter ${i + 1}`, p])]}
        />
      )}
    </Card>
  );
}

/** Threads that were running, the crashed one open. */
export function Threads({ event }: { event: Event }) {
  if (event.threads.length === 0) return null;
  return (
    <Card flush title={`Threads (${event.threads.length})`} id="threads">
      <div className="divide-y divide-line">
        {event.threads.map((t, i) => (
          <Fold
            key={t.id || i}
            open={t.crashed && event.exceptions.length === 0}
            headClass="min-h-9 px-3"
            head={
              <span className="flex min-w-0 items-center gap-2 text-list">
                <span className="truncate font-medium">{t.name || `Thread ${t.id}`}</span>
                {t.crashed && <Chip tone="strong">crashed</Chip>}
                {t.current && <Chip>current</Chip>}
                <span className="text-meta text-muted">{t.state}</span>
              </span>
            }
          >
            {() => (
              <Frames
                frames={t.stacktrace?.frames ?? []}
                omitted={t.stacktrace?.framesOmitted ?? 0}
                platform={event.platform}
              />
            )}
          </Fold>
        ))}
      </div>
    </Card>
  );
}
