import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { RuleSchema } from "@/gen/faultline/admin/v1/admin_pb";
import { emptyDraft, fromDraft, problems, sentence, splitEmails, stateText, toDraft, whyText } from "./model";

const rule = create(RuleSchema, {
  id: "r1",
  name: "Crashes",
  enabled: true,
  triggers: ["new_issue", "regression"],
  query: "level:fatal",
  emails: ["a@example.com", "b@example.com"],
  throttle: durationFromMs(30 * 60_000),
});

test("a rule reads as a sentence", () => {
  expect(sentence(rule)).toEqual({
    when: "a new issue appears or a resolved issue comes back",
    matching: "level:fatal",
    notify: "a@example.com, b@example.com",
    often: "at most once in 30 minutes",
  });
  expect(sentence(create(RuleSchema, { throttle: durationFromMs(90_000) })).often).toBe("at most once in 2 min");
});

test("a draft says what keeps it from being saved", () => {
  expect(problems(emptyDraft(""))).toEqual({ name: expect.any(String), emails: expect.any(String) });
  expect(problems({ ...emptyDraft("me@example.com, broken"), name: "x", triggers: [] })).toEqual({
    triggers: expect.any(String),
    emails: "broken is no e-mail address.",
  });
  expect(problems(toDraft(rule))).toEqual({});
});

test("a rule survives being edited", () => {
  expect(fromDraft(toDraft(rule), "r1")).toEqual({
    id: "r1",
    name: "Crashes",
    enabled: true,
    triggers: ["new_issue", "regression"],
    query: "level:fatal",
    emails: rule.emails,
    throttle: rule.throttle,
  });
  expect(splitEmails(" a@x.y;b@x.y\n a@x.y ")).toEqual(["a@x.y", "b@x.y"]);
});

test("a delivery says why it was not sent", () => {
  expect(stateText("suppressed")).toBe("Not sent");
  expect(whyText({ status: "suppressed", reason: "throttled" })).toBe("told recently");
  expect(whyText({ status: "sent", reason: "anything" })).toBe("");
});
