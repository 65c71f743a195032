import { useState } from "react";
import type { Frame } from "@/gen/faultline/event/v1/event_pb";
import { plural } from "@/lib/format";
import { languageOf } from "@/lib/highlight";
import { Chip } from "@/ui/chip";
import { Fold } from "@/ui/fold";
import { KeyValues } from "@/ui/key-values";
import { Source } from "@/ui/source";
import { asSent, explained, groupFrames, place, type ShownFrame, shownFrames } from "./frames-model";

// A deep recursion of the program's own code is not opened frame by frame.
const OPEN_AT_MOST = 5;

function FrameHead({ frame, inApp }: { frame: Frame; inApp: boolean }) {
  return (
    <span className="flex min-w-0 grow flex-wrap items-baseline gap-x-2 font-mono text-meta">
      <span className={inApp ? "font-semibold [overflow-wrap:anywhere]" : "[overflow-wrap:anywhere]"}>
        {frame.function || "(unknown function)"}
      </span>
      <span className="[overflow-wrap:anywhere] text-muted">{place(frame)}</span>
    </span>
  );
}

function FrameBody({ frame, platform }: { frame: Frame; platform: string }) {
  const [vars, setVars] = useState(false);
  const count = Object.keys(frame.vars ?? {}).length;
  const lines = [...frame.preContext, frame.contextLine, ...frame.postContext];
  const first = frame.lineno - frame.preContext.length;
  const hasSource = frame.contextLine !== "" || frame.preContext.length > 0;
  return (
    <div className="border-t border-line">
      {hasSource && (
        <Source
          lines={lines}
          first={first}
          hit={frame.lineno}
          lang={languageOf(frame.filename || frame.absPath, frame.platform || platform)}
          label={`Source at ${place(frame)}`}
        />
      )}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-1.5 text-meta text-muted empty:hidden">
        {frame.module && <span className="font-mono [overflow-wrap:anywhere]">{frame.module}</span>}
        {frame.absPath && frame.absPath !== frame.filename && (
          <span className="font-mono [overflow-wrap:anywhere]">{frame.absPath}</span>
        )}
        {!hasSource && <span>No source lines were sent for this frame.</span>}
        {count > 0 && (
          <button type="button" aria-expanded={vars} className="link" onClick={() => setVars(!vars)}>
            {vars ? "Hide variables" : plural(count, "variable")}
          </button>
        )}
      </div>
      {vars && frame.vars && (
        <KeyValues className="border-t border-line px-3 py-1" items={Object.entries(frame.vars)} />
      )}
    </div>
  );
}

function FrameFold({ shown, platform, open }: { shown: ShownFrame; platform: string; open: boolean }) {
  return (
    <Fold
      open={open}
      headClass="min-h-9 px-2.5 py-1.5"
      head={
        <>
          <FrameHead frame={shown.frame} inApp={shown.inApp} />
          {shown.inApp && <Chip className="max-sm:hidden">your code</Chip>}
        </>
      }
    >
      {() => <FrameBody frame={shown.frame} platform={platform} />}
    </Fold>
  );
}

/** A stack, the crash on top: own frames open, runs of library frames folded into one line. */
export function Frames(props: { frames: readonly Frame[]; omitted: number; platform: string }) {
  const [sent, setSent] = useState(false);
  if (!explained(props.frames)) return <FrameList {...props} />;
  return (
    <>
      <div className="flex items-center gap-x-3 border-t border-line px-2.5 py-1.5 text-meta text-muted">
        <span>{sent ? "Frames as they were sent." : "Frames explained by what was uploaded."}</span>
        <button type="button" aria-pressed={sent} className="link" onClick={() => setSent(!sent)}>
          {sent ? "Show original" : "Show minified"}
        </button>
      </div>
      <FrameList key={sent ? "sent" : "explained"} {...props} frames={sent ? asSent(props.frames) : props.frames} />
    </>
  );
}

function FrameList({ frames, omitted, platform }: { frames: readonly Frame[]; omitted: number; platform: string }) {
  const groups = groupFrames(shownFrames(frames));
  let opened = 0;
  return (
    <ol className="divide-y divide-line border-t border-line">
      {groups.map((g) => {
        if (g.kind === "own") {
          const open = opened++ < OPEN_AT_MOST && g.frame.frame.contextLine !== "";
          return (
            <li key={g.frame.key}>
              <FrameFold shown={g.frame} platform={platform} open={open || opened === 1} />
            </li>
          );
        }
        const [only] = g.frames;
        if (g.frames.length === 1 && only) {
          return (
            <li key={only.key} className="text-muted">
              <FrameFold shown={only} platform={platform} open={false} />
            </li>
          );
        }
        return (
          <li key={only?.key} className="bg-sunken">
            <Fold
              headClass="min-h-8 px-2.5 text-meta text-muted"
              head={
                <span className="min-w-0 truncate">
                  {g.frames.length} frames from <span className="font-mono">{g.from}</span>
                </span>
              }
            >
              {() => (
                <ol className="divide-y divide-line border-t border-line bg-surface pl-4">
                  {g.frames.map((f) => (
                    <li key={f.key}>
                      <FrameFold shown={f} platform={platform} open={false} />
                    </li>
                  ))}
                </ol>
              )}
            </Fold>
          </li>
        );
      })}
      {omitted > 0 && (
        <li className="bg-sunken px-3 py-1.5 text-meta text-muted">
          {plural(omitted, "frame")} between the first and the last were not sent.
        </li>
      )}
    </ol>
  );
}
