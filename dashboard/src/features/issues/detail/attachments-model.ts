import type { Attachment } from "@/gen/faultline/event/v1/event_pb";
import type { AttachmentFile } from "@/gen/faultline/query/v1/attachment_pb";

/** One file of an event as the page shows it. */
export type Shown = {
  key: string;
  name: string;
  kind: string;
  size: bigint;
  /** Where its bytes are; undefined if they are not kept. */
  href?: string;
  /** Why they are not, in words. */
  missing?: string;
  /** A picture that is small enough to be shown. */
  picture: boolean;
};

const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const LARGEST_PICTURE = 4n << 20n;

const reasons: Record<string, string> = {
  attachment_item_bytes: "left out: larger than a file may be",
  attachment_event_bytes: "left out: the event's files are too large together",
  attachment_event_files: "left out: the event has too many files",
  attachment_day_bytes: "left out: the project's files of that day are too large together",
  attachment_store_failed: "left out: the server could not write it",
};

/**
 * The files that came, in their order, then those that the event speaks of and that are
 * not there any more or never were.
 */
export function shown(projectId: number, eventId: string, described: Attachment[], files: AttachmentFile[]): Shown[] {
  const left = [...described];
  const list = files.map((f): Shown => {
    const same = left.findIndex((d) => d.filename === f.filename && d.size === f.size);
    if (same >= 0) left.splice(same, 1);
    const kept = f.leftOut === "";
    return {
      key: f.id,
      name: f.filename,
      kind: f.contentType || f.type,
      size: f.size,
      href: kept
        ? `/api/v1/projects/${projectId}/events/${eventId}/attachments/${encodeURIComponent(f.id)}`
        : undefined,
      missing: kept ? undefined : (reasons[f.leftOut] ?? `left out: ${f.leftOut}`),
      picture: kept && pictures.has(f.contentType) && f.size <= LARGEST_PICTURE,
    };
  });
  return list.concat(
    left.map((d, i) => ({
      key: `described-${i}`,
      name: d.filename || "attachment",
      kind: d.contentType || d.type,
      size: d.size,
      missing: "not kept",
      picture: false,
    })),
  );
}
