/** The outcomes in the order in which they are stacked, each with its colour and what it means. */
export const outcomes = [
  { id: "stored", color: "s1", about: "Stored and queryable" },
  { id: "filtered", color: "s5", about: "Refused by a filter of the project" },
  { id: "duplicate", color: "s3", about: "Already stored under the same event id" },
  { id: "limited", color: "s2", about: "Refused by a quota or rate limit" },
  { id: "invalid", color: "s6", about: "Could not be understood, or too large" },
  { id: "lost", color: "s4", about: "Could not be stored, or given up by the SDK" },
] as const;

type OutcomeId = (typeof outcomes)[number]["id"];

export const swatch: Record<OutcomeId, string> = {
  stored: "bg-s1",
  filtered: "bg-s5",
  duplicate: "bg-s3",
  limited: "bg-s2",
  invalid: "bg-s6",
  lost: "bg-s4",
};
