import { oneOf } from "@/lib/text";

const sections = ["grouping", "filters", "scrubbing", "tokens", "members"] as const;

export type SettingsSearch = { section?: (typeof sections)[number] };

export function settingsSearch(raw: Record<string, unknown>): SettingsSearch {
  return { section: oneOf(raw.section, [...sections]) };
}
