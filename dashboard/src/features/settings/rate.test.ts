import { expect, test } from "vitest";
import { rateWords } from "./rate";

test.each([
  [0, 0, "no limit"],
  [0, 500, "no limit"],
  [0.5, 0, "at most 0.5 events/s"],
  [2000, 500, "at most 2,000 events/s, 500 at once"],
])("a rate of %f and %i is %s", (ratePerSecond, rateBurst, words) => {
  expect(rateWords({ ratePerSecond, rateBurst })).toBe(words);
});
