import { oneOf } from "@/lib/text";

export const platforms = ["go", "curl", "cli"] as const;
export type Platform = (typeof platforms)[number];

type SetupSearch = { platform?: Platform };

export function setupSearch(raw: Record<string, unknown>): SetupSearch {
  const platform = oneOf(raw.platform, platforms);
  return { platform: platform === "go" ? undefined : platform };
}
