import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { IssueSchema } from "@/gen/faultline/query/v1/query_pb";
import { toggled } from "./actions";
import { issueSearch, issuesSearch } from "./search";
import { activityText, leftOut, splitTitle, statusWord } from "./words";

test("the list's URL keeps what it understands and leaves out what is the default", () => {
  expect(issuesSearch({ query: "is:unresolved", sort: "last_seen", range: "14d" })).toEqual({});
  expect(issuesSearch({ query: "", sort: "events", env: "production" })).toEqual({
    query: "",
    sort: "events",
    env: "production",
  });
  expect(issuesSearch({ query: 404, sort: "price" })).toEqual({ query: "404" });
  expect(issueSearch({ event: "abc", view: "nonsense" })).toEqual({ event: "abc" });
});

test("a resolved issue leaves a list of unresolved ones at once", () => {
  const resolved = { status: "resolved" };
  expect(leftOut("is:unresolved level:error", resolved)).toBe(true);
  expect(leftOut("is:unresolved", { status: "unresolved" })).toBe(false);
  expect(leftOut("is:resolved", resolved)).toBe(false);
  expect(leftOut("is:unresolved OR is:resolved", resolved)).toBe(false);
  expect(leftOut("", resolved)).toBe(false);
});

test("a title is taken apart only where it was joined", () => {
  expect(splitTitle("*fs.PathError: open /x: no such file")).toEqual({
    type: "*fs.PathError",
    value: "open /x: no such file",
  });
  expect(splitTitle("stock below reorder level: MUG")).toEqual({ type: "stock below reorder level: MUG", value: "" });
  expect(splitTitle("ValueError")).toEqual({ type: "ValueError", value: "" });
});

test("a key does the opposite when every issue has the state already", () => {
  const issue = (status: string) => create(IssueSchema, { status });
  expect(toggled([issue("unresolved"), issue("resolved")], "resolved")).toBe("resolved");
  expect(toggled([issue("resolved")], "resolved")).toBe("unresolved");
  expect(statusWord({ status: "unresolved", substatus: "regressed" })).toBe("Regressed");
});

test("what happened is told with what the server says of it", () => {
  expect(activityText({ kind: "regressed", detail: "my_shop@1.8.0" })).toBe("Regressed in my_shop@1.8.0");
  expect(activityText({ kind: "regressed", detail: "" })).toBe("Regressed");
  expect(activityText({ kind: "resolved", detail: "my_shop@1.7.0" })).toBe(
    "Resolved, with my_shop@1.7.0 the newest release",
  );
  expect(activityText({ kind: "merged", detail: "into 7k3q" })).toBe("Merged into another issue");
  expect(activityText({ kind: "merged", detail: "7k3q" })).toBe("Another issue was merged into this one");
  expect(activityText({ kind: "unassigned", detail: "ada@shop.example" })).toBe("Unassigned");
});
