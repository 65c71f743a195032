import { useQuery } from "@connectrpc/connect-query";
import { UserRoundX } from "lucide-react";
import { ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { useSession } from "@/lib/current";
import { Avatar } from "@/ui/avatar";
import { Dialog } from "@/ui/dialog";
import { type Pick, PickList } from "@/ui/pick-list";
import { Failed, Loading, Skeleton } from "@/ui/state";

const NOBODY = "nobody";

type AssignProps = {
  issues: Issue[] | undefined;
  onClose: () => void;
  onAssign: (issues: Issue[], assignee: string) => void;
};

/** Picks who works on these issues; open while there are any. */
export function AssignDialog({ issues, onClose, onAssign }: AssignProps) {
  const { member } = useSession();
  const members = useQuery(ProjectService.method.listMembers, {}, { enabled: issues !== undefined, staleTime: 60_000 });
  const people: Pick[] = (members.data?.members ?? [])
    .map((m) => ({
      id: m.email,
      label: m.name || m.email,
      hint: m.email === member?.email ? "you" : m.email,
      words: m.email,
      icon: <Avatar name={m.name || m.email} />,
    }))
    .sort((a, b) => Number(b.hint === "you") - Number(a.hint === "you"));
  const [one] = issues ?? [];
  const assignee = issues?.length === 1 ? one?.assignee : undefined;
  return (
    <Dialog
      open={issues !== undefined}
      onClose={onClose}
      title="Assign"
      bare
      className="!w-[min(380px,calc(100vw-24px))]"
    >
      {members.error ? (
        <Failed small what="Members could not be listed" error={members.error} retry={() => void members.refetch()} />
      ) : members.isPending ? (
        // Not a list of nobody but "Nobody", which a quick Enter would pick.
        <Loading what="members">
          <div className="flex flex-col gap-3 p-4">
            <Skeleton className="h-3 w-40" />
            <Skeleton className="h-3 w-56" />
          </div>
        </Loading>
      ) : (
        <PickList
          label="Assign to"
          items={[...people, { id: NOBODY, label: "Nobody", icon: <UserRoundX size={16} /> }]}
          selected={assignee === "" ? NOBODY : assignee}
          onPick={(id) => {
            onClose();
            if (issues) onAssign(issues, id === NOBODY ? "" : id);
          }}
        />
      )}
    </Dialog>
  );
}
