import { useQuery } from "@connectrpc/connect-query";
import { ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import { useSession } from "@/lib/current";
import { Avatar } from "@/ui/avatar";
import { Chip } from "@/ui/chip";
import { Awaited } from "@/ui/state";
import { Rows } from "./parts";

/** The people of the organization. */
export function Members() {
  const { member, organization } = useSession();
  const members = useQuery(ProjectService.method.listMembers, {});
  return (
    <>
      <p className="mb-3 text-list text-muted">The people of {organization?.name}. They see all of its projects.</p>
      <Awaited of={members} what="members">
        <Rows />
      </Awaited>
      {members.data && (
        <ul className="card divide-y divide-line">
          {members.data.members.map((m) => (
            <li key={m.id} className="flex items-center gap-3 px-4 py-2.5">
              <Avatar name={m.name || m.email} />
              <div className="min-w-0 grow">
                <p className="truncate text-list font-medium">
                  {m.name || m.email}
                  {m.id === member?.id && <span className="font-normal text-muted"> (you)</span>}
                </p>
                {m.name && <p className="truncate text-meta text-muted">{m.email}</p>}
              </div>
              <Chip>{m.role}</Chip>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
