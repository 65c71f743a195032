import type { Event } from "@/gen/faultline/query/v1/query_pb";
import { CopyText } from "@/ui/copy";
import { Fold } from "@/ui/fold";
import { Card } from "@/ui/page";

const kinds: Record<string, string> = {
  exception_type: "exception type",
  exception_value: "exception text",
  frame: "frame",
  message: "message",
  client: "chosen by the program",
  module: "module",
};

/** The parts that made the fingerprint, in order. */
export function Grouping({ stored }: { stored: Event }) {
  if (stored.grouping.length === 0) return null;
  return (
    <Card flush id="grouping">
      <Fold headClass="min-h-10 rounded-md px-3 text-list font-semibold" head={<h2>Why is this grouped here</h2>}>
        {() => (
          <div className="border-t border-line px-4 py-3">
            <p className="mb-2 text-meta text-muted">
              Events with the same parts, in the same order, are one issue. Line numbers and variable text are never
              part of it.
            </p>
            <ol className="text-meta leading-5">
              {stored.grouping.map((p, i) => (
                <li
                  key={i}
                  className="grid grid-cols-[20px_minmax(90px,max-content)_minmax(0,1fr)] gap-x-3 border-b border-line py-1 last:border-0"
                >
                  <span className="num text-right text-muted">{i + 1}</span>
                  <span className="text-muted">{kinds[p.kind] ?? p.kind.replaceAll("_", " ")}</span>
                  <span className="min-w-0">
                    <span className="font-mono [overflow-wrap:anywhere]">{p.value}</span>
                    {p.source && (
                      <span className="block font-mono text-muted [overflow-wrap:anywhere]">{p.source}</span>
                    )}
                  </span>
                </li>
              ))}
            </ol>
            <p className="mt-2 flex items-center gap-1 text-meta text-muted">
              Fingerprint <code className="truncate font-mono">{stored.fingerprint}</code>
              <CopyText text={stored.fingerprint} label="Copy fingerprint" />
            </p>
          </div>
        )}
      </Fold>
    </Card>
  );
}
