import { toJson } from "@bufbuild/protobuf";
import { useState } from "react";
import type { Event } from "@/gen/faultline/event/v1/event_pb";
import { EventSchema, type Event as Stored } from "@/gen/faultline/query/v1/query_pb";
import { languageOf } from "@/lib/highlight";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { KeyValues, type Value } from "@/ui/key-values";
import { Card } from "@/ui/page";
import { Source } from "@/ui/source";

function rows(pairs: [string, Value | undefined][]): [string, Value][] {
  return pairs.filter((p): p is [string, Value] => p[1] !== undefined && p[1] !== "");
}

function hex(b: Uint8Array): string {
  return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}

export function RequestCard({ event }: { event: Event }) {
  const r = event.request;
  if (!r) return null;
  const json = languageOf("x.json", "");
  let body = r.body;
  let isJson = false;
  try {
    body = JSON.stringify(JSON.parse(r.body), null, 2);
    isJson = true;
  } catch {
    // Shown as it was sent.
  }
  return (
    <Card title="Request" id="request">
      <p className="mb-2 font-mono text-list [overflow-wrap:anywhere]">
        <span className="font-semibold">{r.method || "GET"}</span> {r.url}
        {r.queryString && <span className="text-muted">?{r.queryString}</span>}
      </p>
      <KeyValues
        items={rows([
          ...r.headers.map((h): [string, string] => [h.name, h.value]),
          ["Cookies", r.cookies],
          ...Object.entries(r.env),
        ])}
      />
      {r.body && (
        <div className="mt-3 overflow-hidden rounded-md border border-line">
          <Source lines={body.split("\n")} first={1} lang={isJson ? json : undefined} label="Request body" />
        </div>
      )}
    </Card>
  );
}

export function UserCard({ event }: { event: Event }) {
  const u = event.user;
  if (!u) return null;
  return (
    <Card title="User" id="user">
      <KeyValues
        items={rows([
          ["id", u.id],
          ["e-mail", u.email],
          ["login", u.username],
          ["name", u.name],
          ["address", u.ipAddress],
          ...Object.entries(u.data),
        ])}
      />
    </Card>
  );
}

/** Each context in a card of its own, and the event's own facts first. */
export function ContextCards({ stored, event }: { stored: Stored; event: Event }) {
  const sdk = event.sdk ? [event.sdk.name, event.sdk.version].filter(Boolean).join(" ") : undefined;
  const own = rows([
    ["release", event.release],
    ["dist", event.dist],
    ["environment", event.environment],
    ["transaction", event.transaction],
    ["server", event.serverName],
    ["logger", event.logger],
    ["platform", event.platform],
    ["sdk", sdk],
    ["integrations", event.sdk?.integrations.join(", ")],
    ["trace", event.trace?.traceId.length ? hex(event.trace.traceId) : undefined],
    ["span", event.trace?.spanId.length ? hex(event.trace.spanId) : undefined],
  ]);
  const named = Object.entries(event.contexts).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Card title="Contexts" id="contexts">
      <div className="gap-x-8 sm:columns-2 [&>section]:mb-5 [&>section]:break-inside-avoid">
        <section>
          <h3 className="mb-1 text-meta font-semibold">event</h3>
          <KeyValues items={own} />
        </section>
        {named.map(([name, facts]) => (
          <section key={name}>
            <h3 className="mb-1 text-meta font-semibold">{name}</h3>
            <KeyValues items={Object.entries(facts)} />
          </section>
        ))}
        {event.extra && Object.keys(event.extra).length > 0 && (
          <section>
            <h3 className="mb-1 text-meta font-semibold">extra</h3>
            <KeyValues items={Object.entries(event.extra)} />
          </section>
        )}
        {event.flags.length > 0 && (
          <section>
            <h3 className="mb-1 text-meta font-semibold">feature flags</h3>
            <KeyValues items={event.flags.map((f) => [f.name, f.result])} />
          </section>
        )}
      </div>
      {(event.scrubbed.length > 0 || event.trimmed.length > 0) && (
        <p className="mt-4 text-meta text-muted">
          {event.scrubbed.length > 0 && <>Secrets were removed from {event.scrubbed.join(", ")}. </>}
          {event.trimmed.length > 0 && <>Trimmed: {event.trimmed.join(", ")}. </>}
          Event {stored.eventId}.
        </p>
      )}
    </Card>
  );
}

export function TagsCard({ event, onPick }: { event: Event; onPick: (key: string, value: string) => void }) {
  const tags = Object.entries(event.tags).sort(([a], [b]) => a.localeCompare(b));
  if (tags.length === 0) return null;
  return (
    <Card title={`Tags (${tags.length})`} id="tags">
      <ul className="flex flex-wrap gap-1.5">
        {tags.map(([k, v]) => (
          <li key={k} className="max-w-full">
            <button
              type="button"
              className="flex max-w-full overflow-hidden rounded-sm border border-line text-meta hover:border-line-strong"
              data-tip="Events of this issue with this tag"
              onClick={() => onPick(k, v)}
            >
              <span className="shrink-0 bg-sunken px-1.5 py-0.5 text-muted">{k}</span>
              <span className="truncate px-1.5 py-0.5 font-mono">{v}</span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export function ModulesCard({ event }: { event: Event }) {
  const [open, setOpen] = useState(false);
  const modules = Object.entries(event.modules).sort(([a], [b]) => a.localeCompare(b));
  if (modules.length === 0) return null;
  return (
    <Card
      title={`Modules (${modules.length})`}
      id="modules"
      aside={
        <Button kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide" : "Show"}
        </Button>
      }
      flush={!open}
    >
      {open && <KeyValues items={modules} />}
    </Card>
  );
}

export function RawCard({ stored }: { stored: Stored }) {
  const [open, setOpen] = useState(false);
  const text = () => JSON.stringify(toJson(EventSchema, stored), null, 2);
  return (
    <Card
      title="Raw JSON"
      id="raw"
      flush
      aside={
        <div className="flex gap-1.5 py-1">
          <CopyButton text={text}>Copy</CopyButton>
          <Button kind="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide" : "Show"}
          </Button>
        </div>
      }
    >
      {open && <Source lines={text().split("\n")} first={1} lang={undefined} label="Raw JSON of this event" />}
    </Card>
  );
}
