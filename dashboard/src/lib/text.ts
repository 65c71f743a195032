/** Keeps a search parameter only if it is a text that says something. */
export function text(v: unknown): string | undefined {
  if (typeof v === "number") return String(v);
  return typeof v === "string" && v !== "" ? v : undefined;
}

/** Keeps a search parameter only if it is one of these. */
export function oneOf<const T extends string>(v: unknown, all: readonly T[]): T | undefined {
  return all.find((x) => x === v);
}
