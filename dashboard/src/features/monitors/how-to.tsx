import { useQuery } from "@connectrpc/connect-query";
import { ClockCheck } from "lucide-react";
import { ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import { CopyButton } from "@/ui/copy";
import { Card } from "@/ui/page";
import { Source } from "@/ui/source";
import { Empty } from "@/ui/state";
import { snippets } from "./snippets";

/** No job has checked in: the lines that make one do so. */
export function HowTo({ projectId }: { projectId: number }) {
  const keys = useQuery(ProjectService.method.listKeys, { projectId });
  const dsn = keys.data?.keys.find((k) => k.kind === "dsn" && !k.revokedAt)?.dsn;
  return (
    <div className="mx-auto max-w-3xl pb-8">
      <Empty icon={<ClockCheck size={22} aria-hidden />} title="No job has checked in yet">
        A job that tells of its runs, and when it should run, appears here. A run that does not come is shown as missed,
        one that does not end as timed out.
      </Empty>
      {!keys.isPending && (
        <div className="flex flex-col gap-4">
          {snippets(dsn ?? "http://PUBLIC_KEY@HOST/PROJECT_ID").map((s) => (
            <Card key={s.title} flush title={s.title} aside={<CopyButton text={s.code}>Copy</CopyButton>}>
              <Source lines={s.code.split("\n")} first={1} lang={s.lang} label={s.title} />
            </Card>
          ))}
        </div>
      )}
    </div>
  );
}
