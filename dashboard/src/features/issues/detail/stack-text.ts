import type { Event } from "@/gen/faultline/event/v1/event_pb";
import { chain, place, shownFrames } from "./frames-model";

/** The stack as a person pastes it into a chat: the thrown exception first, the crash on top. */
export function stackText(event: Event): string {
  const parts = chain(event.exceptions).map(({ exception: e, relation }) => {
    const head = `${relation === "thrown" ? "" : relation === "cause" ? "Caused by: " : "Member: "}${e.type}${e.value ? `: ${e.value}` : ""}`;
    const lines = shownFrames(e.stacktrace?.frames ?? []).map(
      ({ frame, inApp }) => `  ${inApp ? "→" : " "} ${frame.function || "?"} (${place(frame)})`,
    );
    const omitted = e.stacktrace?.framesOmitted ? [`    … ${e.stacktrace.framesOmitted} frames were not sent`] : [];
    return [head, ...lines, ...omitted].join("\n");
  });
  return parts.join("\n\n") || event.message?.formatted || "";
}

/** The same for an issue tracker, with the facts that a reader needs first. */
export function stackMarkdown(title: string, url: string, event: Event): string {
  const facts = [
    event.release && `release \`${event.release}\``,
    event.environment && `environment \`${event.environment}\``,
    event.transaction && `in \`${event.transaction}\``,
  ].filter(Boolean);
  return [`### ${title}`, facts.join(", "), `\`\`\`\n${stackText(event)}\n\`\`\``, `[Open in Faultline](${url})`]
    .filter(Boolean)
    .join("\n\n");
}
