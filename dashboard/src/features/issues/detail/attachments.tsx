import { useQuery } from "@connectrpc/connect-query";
import { Download, FileX2 } from "lucide-react";
import { type Event, QueryService } from "@/gen/faultline/query/v1/query_pb";
import { bytes } from "@/lib/format";
import { Card } from "@/ui/page";
import { Failed } from "@/ui/state";
import { type Shown, shown } from "./attachments-model";

/** The files of an event: to save, and pictures to look at. */
export function AttachmentsCard({ stored }: { stored: Event }) {
  const described = stored.event?.attachments ?? [];
  const files = useQuery(QueryService.method.listAttachments, { projectId: stored.projectId, eventId: stored.eventId });
  const list = files.data ? shown(stored.projectId, stored.eventId, described, files.data.attachments) : [];
  if (files.error && described.length > 0)
    return (
      <Card title={`Attachments (${described.length})`} id="attachments" flush>
        <Failed
          small
          what="The attachments could not be listed"
          error={files.error}
          retry={() => void files.refetch()}
          still="The event is shown without them."
        />
      </Card>
    );
  if (list.length === 0) return null;
  return (
    <Card title={`Attachments (${list.length})`} id="attachments" flush>
      <ul>
        {list.map((f) => (
          <Line key={f.key} file={f} />
        ))}
      </ul>
    </Card>
  );
}

function Line({ file }: { file: Shown }) {
  return (
    <li className="border-b border-line px-4 py-2 last:border-0">
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-0.5 text-list">
        {file.href ? (
          <a
            href={file.href}
            download={file.name}
            className="flex min-w-0 items-center gap-2 text-accent hover:underline"
          >
            <Download size={14} className="shrink-0" aria-hidden />
            <span className="[overflow-wrap:anywhere]">{file.name}</span>
          </a>
        ) : (
          <span className="flex min-w-0 items-center gap-2 text-muted">
            <FileX2 size={14} className="shrink-0" aria-hidden />
            <span className="[overflow-wrap:anywhere]">{file.name}</span>
          </span>
        )}
        <span className="text-meta text-muted">{file.missing}</span>
        <span className="ml-auto flex gap-3 text-meta text-muted">
          <span className="max-sm:hidden">{file.kind}</span>
          <span className="num">{bytes(file.size)}</span>
        </span>
      </div>
      {file.picture && file.href && (
        <a href={file.href} download={file.name} className="mt-2 inline-block" data-tip="Save the picture">
          <img
            src={file.href}
            alt={file.name}
            loading="lazy"
            className="max-h-48 max-w-full rounded-md border border-line bg-sunken object-contain"
          />
        </a>
      )}
    </li>
  );
}
