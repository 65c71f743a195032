import { create } from "@bufbuild/protobuf";
import { type Exception, type Frame, FrameSchema } from "@/gen/faultline/event/v1/event_pb";

export type ShownFrame = { frame: Frame; inApp: boolean; key: number };
/** Either one frame of the program, or a run of library frames that is folded into one line. */
type FrameGroup = { kind: "own"; frame: ShownFrame } | { kind: "library"; frames: ShownFrame[]; from: string };

/** Frames with the crash first. If nobody said which are the program's own, all are. */
export function shownFrames(frames: readonly Frame[]): ShownFrame[] {
  const told = frames.some((f) => f.inApp);
  return frames.map((frame, key) => ({ frame, key, inApp: told ? frame.inApp === true : true })).reverse();
}

/** Whether what was uploaded explained any of the frames. */
export const explained = (frames: readonly Frame[]): boolean => frames.some((f) => f.origin);

/** The frames as they were sent, before what was uploaded explained them. */
export function asSent(frames: readonly Frame[]): Frame[] {
  return frames.flatMap((f) => {
    const o = f.origin;
    if (!o) return [f];
    if (o.inlined) return [];
    const { function: name, module, filename, absPath, lineno, colno, inApp, contextLine } = o;
    const { vars, package: binary, instructionAddr, imageAddr, symbol, platform } = f;
    const rest = { vars, package: binary, instructionAddr, imageAddr, symbol, platform };
    return [
      create(FrameSchema, { ...rest, function: name, module, filename, absPath, lineno, colno, inApp, contextLine }),
    ];
  });
}

/** The name people know a library by: a Go import path, an npm package, a Python or Java package. */
export function libraryOf(f: Frame): string {
  const name = f.module || f.package || f.filename;
  if (name.includes("node_modules/")) {
    const rest = name.slice(name.lastIndexOf("node_modules/") + 13).split("/");
    return (rest[0]?.startsWith("@") ? rest.slice(0, 2) : rest.slice(0, 1)).join("/");
  }
  if (/^[\w-]+\.[a-z]+\//.test(name)) return name.split("/").slice(0, 3).join("/");
  return name || "unknown code";
}

function fromText(frames: ShownFrame[]): string {
  const names = [...new Set(frames.map((f) => libraryOf(f.frame)))];
  if (names.length <= 2) return names.join(" and ");
  return `${names[0]} and ${names.length - 1} others`;
}

export function groupFrames(frames: ShownFrame[]): FrameGroup[] {
  const groups: FrameGroup[] = [];
  let run: ShownFrame[] = [];
  const close = () => {
    if (run.length > 0) groups.push({ kind: "library", frames: run, from: fromText(run) });
    run = [];
  };
  for (const f of frames) {
    if (f.inApp) {
      close();
      groups.push({ kind: "own", frame: f });
    } else run.push(f);
  }
  close();
  return groups;
}

/** The frame that answers "where": the program's own code nearest to the crash. */
export function whereFrame(exceptions: readonly Exception[]): Frame | undefined {
  for (const e of exceptions) {
    const frames = shownFrames(e.stacktrace?.frames ?? []);
    const hit = frames.find((f) => f.inApp) ?? frames[0];
    if (hit) return hit.frame;
  }
  return undefined;
}

export function place(f: Frame): string {
  const file = f.filename || f.absPath || f.module || "unknown file";
  return f.lineno ? `${file}:${f.lineno}${f.colno ? `:${f.colno}` : ""}` : file;
}

type ChainLink = { exception: Exception; depth: number; relation: "thrown" | "cause" | "member" };

/** Each exception with its place in the chain: thrown first, causes and members of groups below. */
export function chain(exceptions: readonly Exception[]): ChainLink[] {
  const byId = new Map(exceptions.map((e, i) => [e.mechanism?.exceptionId ?? i, e]));
  const depths = new Map<Exception, number>();
  const depthOf = (e: Exception, seen: number): number => {
    const known = depths.get(e);
    if (known !== undefined) return known;
    const parentId = e.mechanism?.parentId;
    const parent = parentId === undefined ? undefined : byId.get(parentId);
    const d =
      !parent || parent === e || seen > exceptions.length
        ? 0
        : depthOf(parent, seen + 1) + (parent.mechanism?.isGroup ? 1 : 0);
    depths.set(e, d);
    return d;
  };
  return exceptions.map((exception, i) => {
    const parentId = exception.mechanism?.parentId;
    const parent = parentId === undefined ? undefined : byId.get(parentId);
    const relation = i === 0 ? "thrown" : parent?.mechanism?.isGroup ? "member" : "cause";
    return { exception, depth: Math.min(depthOf(exception, 0), 6), relation };
  });
}
