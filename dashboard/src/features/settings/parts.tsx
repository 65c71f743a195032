import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/state";

const DAY = 86_400_000;

export const lifetimes = [
  { id: "0", label: "For good" },
  { id: "30", label: "30 days" },
  { id: "90", label: "90 days" },
  { id: "365", label: "1 year" },
] as const;

export type Lifetime = (typeof lifetimes)[number]["id"];

export function ttl(l: Lifetime) {
  return l === "0" ? undefined : durationFromMs(Number(l) * DAY);
}

/** A secret that is shown this once. */
export function SecretDialog({
  secret,
  title,
  onClose,
}: {
  secret: string | undefined;
  title: string;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={secret !== undefined}
      onClose={onClose}
      title={title}
      description="Copy it now. It is not stored in a form that could be shown again."
      actions={
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div className="flex items-start gap-2">
        <code className="min-w-0 grow rounded-md border border-line bg-sunken p-2 font-mono text-meta [overflow-wrap:anywhere]">
          {secret}
        </code>
        <CopyButton text={secret ?? ""} />
      </div>
    </Dialog>
  );
}

type RevokeProps = {
  what: string | undefined;
  consequence: string;
  busy: boolean;
  onRevoke: () => void;
  onClose: () => void;
};

/** Revoking is for good, so it is asked about. */
export function RevokeDialog({ what, consequence, busy, onRevoke, onClose }: RevokeProps) {
  return (
    <Dialog
      open={what !== undefined}
      onClose={onClose}
      title={`Revoke ${what ?? ""}?`}
      description={consequence}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" busy={busy} onClick={onRevoke}>
            Revoke for good
          </Button>
        </>
      }
    />
  );
}

/** The shape of a list of settings. */
export function Rows() {
  return Array.from({ length: 3 }, (_, i) => (
    <div key={i} className="card mb-2 p-4">
      <Skeleton className="mb-2 h-4 w-40" />
      <Skeleton className="h-3 w-3/4" />
    </div>
  ));
}

/** A line of a list of things that can be revoked. */
export function Entry({
  name,
  chips,
  about,
  children,
  action,
  gone,
}: {
  name: string;
  chips: ReactNode;
  about: ReactNode;
  children?: ReactNode;
  action: ReactNode;
  gone: boolean;
}) {
  return (
    <li className="flex items-start gap-4 p-4">
      <div className="min-w-0 grow">
        <div className="flex flex-wrap items-center gap-2">
          <h2 className={gone ? "text-list font-semibold text-muted line-through" : "text-list font-semibold"}>
            {name}
          </h2>
          {chips}
        </div>
        {children}
        <p className="mt-1 text-meta text-muted">{about}</p>
      </div>
      {action}
    </li>
  );
}
