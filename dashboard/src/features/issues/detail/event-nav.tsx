import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { callUnaryMethod, useTransport } from "@connectrpc/connect-query";
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, Clock } from "lucide-react";
import { useState } from "react";
import { type Event, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { failure } from "@/lib/errors";
import { zoneName } from "@/lib/format";
import { Button, IconButton } from "@/ui/button";
import { CopyText } from "@/ui/copy";
import { Field } from "@/ui/field";
import { Popover } from "@/ui/popover";
import { toast } from "@/ui/toast";
import { Time } from "@/ui/values";

type NavProps = { stored: Event; latest: boolean; newer: boolean; onGo: (event: string | undefined) => void };

function JumpToTime({ issueId, onGo }: { issueId: string; onGo: (event: string) => void }) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState("");
  const transport = useTransport();
  const jump = async () => {
    try {
      const { events } = await callUnaryMethod(transport, QueryService.method.listIssueEvents, {
        issueId,
        end: timestampFromMs(Date.parse(at)),
        pageSize: 1,
      });
      const [hit] = events;
      setOpen(false);
      if (hit) onGo(hit.eventId);
      else toast({ text: "No event before that time" });
    } catch (err) {
      toast({ bad: true, text: "That time could not be looked up", detail: failure(err).detail });
    }
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label="Jump to a time"
      className="p-3"
      align="end"
      trigger={
        <IconButton label="Jump to a time">
          <Clock size={14} />
        </IconButton>
      }
    >
      <form
        className="flex flex-col gap-2"
        onSubmit={(e) => {
          e.preventDefault();
          void jump();
        }}
      >
        <Field
          label="The last event before"
          type="datetime-local"
          step={1}
          value={at}
          onChange={(e) => setAt(e.target.value)}
          hint={`Times are in ${zoneName("local")}.`}
        />
        <Button type="submit" kind="primary" disabled={Number.isNaN(Date.parse(at))}>
          Go there
        </Button>
      </form>
    </Popover>
  );
}

/** From one event of the issue to another. */
export function EventNav({ stored, latest, newer, onGo }: NavProps) {
  return (
    <div
      className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 text-list"
      role="toolbar"
      aria-label="Events of this issue"
    >
      <span className="flex min-w-0 items-center gap-1.5">
        <span className="text-muted">Event</span>
        <code className="truncate font-mono text-meta" data-tip={stored.eventId}>
          {stored.eventId.slice(0, 8)}
        </code>
        <CopyText text={stored.eventId} label="Copy event id" />
        <Time at={stored.timestamp} form="absolute" className="text-meta text-muted max-sm:hidden" />
        <Time at={stored.timestamp} className="text-meta text-muted" />
      </span>
      {newer && (
        <button type="button" className="link text-meta font-medium" onClick={() => onGo(undefined)}>
          A newer event arrived
        </button>
      )}
      <span className="ml-auto flex items-center">
        <IconButton
          label="Oldest event"
          disabled={!stored.previousEventId}
          onClick={() => onGo(stored.oldestEventId || "oldest")}
        >
          <ChevronFirst size={16} />
        </IconButton>
        <IconButton
          label="Older event (j)"
          disabled={!stored.previousEventId}
          onClick={() => onGo(stored.previousEventId)}
        >
          <ChevronLeft size={16} />
        </IconButton>
        <IconButton label="Newer event (k)" disabled={!stored.nextEventId} onClick={() => onGo(stored.nextEventId)}>
          <ChevronRight size={16} />
        </IconButton>
        <IconButton label="Newest event" disabled={latest && !newer} onClick={() => onGo(undefined)}>
          <ChevronLast size={16} />
        </IconButton>
        <JumpToTime issueId={stored.issueId} onGo={onGo} />
        <span className="ml-1 flex items-center text-meta text-muted">
          <span className="max-sm:sr-only">Link</span>
          <CopyText
            text={`${location.origin}${location.pathname}?event=${stored.eventId}`}
            label="Copy link to this event"
          />
        </span>
      </span>
    </div>
  );
}
