import { oneOf, text } from "@/lib/text";

export const deliveryStates = ["pending", "sent", "failed", "gave_up", "suppressed"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** The alerts page: the rules, or the log of what was sent. */
type AlertsSearch = { tab?: "deliveries"; status?: DeliveryState; rule?: string };

export function alertsSearch(raw: Record<string, unknown>): AlertsSearch {
  return { tab: oneOf(raw.tab, ["deliveries"]), status: oneOf(raw.status, deliveryStates), rule: text(raw.rule) };
}

/** A new rule may start from a search. */
type RuleSearch = { query?: string };

export function ruleSearch(raw: Record<string, unknown>): RuleSearch {
  return { query: text(raw.query) };
}
