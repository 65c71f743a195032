import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { EventSchema, FrameSchema } from "@/gen/faultline/event/v1/event_pb";
import { asSent, chain, explained, groupFrames, libraryOf, shownFrames, whereFrame } from "./frames-model";
import { stackMarkdown, stackText } from "./stack-text";

const frames = (...list: MessageInitShape<typeof FrameSchema>[]) => list.map((f) => create(FrameSchema, f));
const lib = (module: string) => ({ module, function: "f", inApp: false });
const own = (fn: string) => ({ module: "shop", function: fn, filename: "shop.go", lineno: 3, inApp: true });

test("runs of library frames fold into one line that names them; the crash is on top", () => {
  const groups = groupFrames(
    shownFrames(
      frames(
        lib("net/http"),
        lib("net/http"),
        own("a"),
        lib("github.com/jackc/pgx/v5/pgxpool"),
        lib("github.com/jackc/pgx/v5"),
      ),
    ),
  );
  expect(groups.map((g) => (g.kind === "own" ? g.frame.frame.function : `${g.frames.length} from ${g.from}`))).toEqual([
    "2 from github.com/jackc/pgx",
    "a",
    "2 from net/http",
  ]);
});

test("when nobody says which frames are the program's own, all are", () => {
  expect(shownFrames(frames({ function: "a" }, { function: "b" })).every((f) => f.inApp)).toBe(true);
});

test("explained frames can be shown as they were sent", () => {
  const list = frames(
    own("a"),
    { function: "inlined", origin: { inlined: true } },
    { ...own("pay"), preContext: ["{"], origin: { function: "t", filename: "a.js", lineno: 1, colno: 9, inApp: true } },
  );
  expect(explained(list)).toBe(true);
  const sent = asSent(list);
  expect(sent.map((f) => `${f.function} ${f.filename}:${f.lineno}:${f.colno} ${f.preContext.length}`)).toEqual([
    "a shop.go:3:0 0",
    "t a.js:1:9 0",
  ]);
  expect(explained(sent)).toBe(false);
});

test("a library is called by the name people know", () => {
  const f = (module: string, want: string) => expect(libraryOf(create(FrameSchema, { module }))).toBe(want);
  f("webpack:///node_modules/@tanstack/query/build/index.js", "@tanstack/query");
  f("app/node_modules/react-dom/client.js", "react-dom");
  f("github.com/go-chi/chi/v5", "github.com/go-chi/chi");
  f("net/http", "net/http");
  f("", "unknown code");
});

const event = create(EventSchema, {
  release: "shop@1.8.0",
  exceptions: [
    {
      type: "*fmt.wrapError",
      value: "outer",
      mechanism: { exceptionId: 0 },
      stacktrace: { frames: frames(lib("net/http"), own("top"), lib("runtime")), framesOmitted: 2 },
    },
    { type: "*errors.joinError", value: "two", mechanism: { exceptionId: 1, parentId: 0, isGroup: true } },
    { type: "*fs.PathError", value: "a", mechanism: { exceptionId: 2, parentId: 1 } },
    { type: "*net.OpError", value: "b", mechanism: { exceptionId: 3, parentId: 1 } },
  ],
});

test("the chain tells causes from members of a group", () => {
  expect(chain(event.exceptions).map((l) => `${l.relation} ${l.depth}`)).toEqual([
    "thrown 0",
    "cause 0",
    "member 1",
    "member 1",
  ]);
  const loop = create(EventSchema, {
    exceptions: [{ mechanism: { exceptionId: 0, parentId: 1 } }, { mechanism: { exceptionId: 1, parentId: 0 } }],
  });
  expect(chain(loop.exceptions)).toHaveLength(2);
});

test("where is the program's own frame nearest to the crash", () => {
  expect(whereFrame(event.exceptions)?.function).toBe("top");
  expect(whereFrame([])).toBeUndefined();
});

test("a copied stack reads from the crash down and names its causes", () => {
  expect(stackText(event)).toBe(
    [
      "*fmt.wrapError: outer",
      "    f (runtime)",
      "  → top (shop.go:3)",
      "    f (net/http)",
      "    … 2 frames were not sent",
      "",
      "Caused by: *errors.joinError: two",
      "",
      "Member: *fs.PathError: a",
      "",
      "Member: *net.OpError: b",
    ].join("\n"),
  );
  expect(stackMarkdown("T", "https://x/1", event)).toContain("release `shop@1.8.0`");
});
