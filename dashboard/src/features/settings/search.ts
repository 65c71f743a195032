import { oneOf } from "@/lib/text";

export type SettingsSearch = { section?: "tokens" | "members" };

export function settingsSearch(raw: Record<string, unknown>): SettingsSearch {
  return { section: oneOf(raw.section, ["tokens", "members"]) };
}
