import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { type Key, ProjectService } from "@/gen/faultline/admin/v1/admin_pb";
import { useProject } from "@/lib/current";
import { failure } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CopyText } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Field, Select } from "@/ui/field";
import { Awaited, Empty } from "@/ui/state";
import { toast } from "@/ui/toast";
import { Time } from "@/ui/values";
import { Entry, type Lifetime, lifetimes, RevokeDialog, Rows, SecretDialog, ttl } from "./parts";
import { useFreshProject, useTakeProject } from "./project";
import { RateDialog, rateWords } from "./rate";

const kinds = [
  { id: "dsn", label: "DSN, for programs" },
  { id: "jwt", label: "JWT API key, for servers" },
] as const;

/** What lets programs send to this project. */
export function Keys() {
  const project = useProject();
  const client = useQueryClient();
  const refresh = () =>
    client.invalidateQueries({
      queryKey: createConnectQueryKey({ schema: ProjectService.method.listKeys, cardinality: "finite" }),
    });
  const keys = useQuery(ProjectService.method.listKeys, { projectId: project.id });
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const [limiting, setLimiting] = useState<Key>();
  const [secret, setSecret] = useState<string>();
  const limit = useMutation(ProjectService.method.updateKey, {
    onSuccess: (k) => {
      void refresh();
      setLimiting(undefined);
      toast({ text: `${k.name || "The key"}: ${rateWords(k)}` });
    },
  });
  const revoke = useMutation(ProjectService.method.revokeKey, {
    onSuccess: (k) => {
      void refresh();
      setRevoking(undefined);
      toast({ text: `Revoked ${k.name || "the key"}` });
    },
    onError: (err) => toast({ bad: true, text: "The key was not revoked", detail: failure(err).detail }),
  });

  return (
    <>
      <div className="mb-3 flex items-center justify-between gap-4">
        <p className="text-list text-muted">
          A DSN's key can only send and may be public. A JWT is checked without a look-up and is a secret.
        </p>
        <Button kind="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setMaking(true)}>
          New key
        </Button>
      </div>
      <ProjectRate />
      <Awaited of={keys} what="keys" still="They go on working.">
        <Rows />
      </Awaited>
      {keys.data?.keys.length === 0 && (
        <Empty title="No key yet">Without a key nothing can send to this project.</Empty>
      )}
      {keys.data && keys.data.keys.length > 0 && (
        <ul className="card divide-y divide-line">
          {keys.data.keys.map((k) => (
            <Entry
              key={k.id}
              name={k.name || "Unnamed"}
              gone={k.revokedAt !== undefined}
              chips={
                <>
                  <Chip>{k.kind === "jwt" ? "JWT" : "DSN"}</Chip>
                  {k.revokedAt && <Chip tone="strong">revoked</Chip>}
                </>
              }
              about={
                <>
                  {k.ratePerSecond > 0 && !k.revokedAt && <>Sends {rateWords(k)}. </>}
                  Made <Time at={k.createdAt} />
                  {k.revokedAt && (
                    <>
                      , revoked <Time at={k.revokedAt} />
                    </>
                  )}
                  {!k.revokedAt && k.expiresAt && (
                    <>
                      , valid until <Time at={k.expiresAt} form="absolute" />
                    </>
                  )}
                </>
              }
              action={
                !k.revokedAt && (
                  <div className="flex shrink-0 gap-2">
                    <Button onClick={() => setLimiting(k)}>Rate…</Button>
                    <Button onClick={() => setRevoking(k)}>Revoke</Button>
                  </div>
                )
              }
            >
              {k.dsn && !k.revokedAt && (
                <p className="mt-1 flex min-w-0 items-center gap-1">
                  <code className="min-w-0 font-mono text-meta [overflow-wrap:anywhere]">{k.dsn}</code>
                  <CopyText text={k.dsn} label="Copy DSN" />
                </p>
              )}
            </Entry>
          ))}
        </ul>
      )}
      <NewKey
        open={making}
        onClose={() => setMaking(false)}
        onMade={(k) => {
          void refresh();
          setMaking(false);
          if (k.secret) setSecret(k.secret);
          else toast({ text: `Made ${k.name || "a key"}` });
        }}
      />
      <RateDialog
        what={limiting && (limiting.name || "this key")}
        about="What comes beyond it is refused with a time to wait, which SDKs obey. The project's own rate holds as well."
        rate={limiting ?? { ratePerSecond: 0, rateBurst: 0 }}
        busy={limit.isPending}
        error={limit.error}
        onClose={() => {
          limit.reset();
          setLimiting(undefined);
        }}
        onSave={(rate) => limiting && limit.mutate({ projectId: project.id, keyId: limiting.id, ...rate })}
      />
      <SecretDialog secret={secret} title="The new API key" onClose={() => setSecret(undefined)} />
      <RevokeDialog
        what={revoking && (revoking.name || "this key")}
        consequence="Programs that use it can no longer send. This cannot be undone."
        busy={revoke.isPending}
        onClose={() => setRevoking(undefined)}
        onRevoke={() => revoking && revoke.mutate({ projectId: project.id, keyId: revoking.id })}
      />
    </>
  );
}

/** What the whole project may send, by all of its keys together. */
function ProjectRate() {
  const project = useFreshProject();
  const take = useTakeProject();
  const [changing, setChanging] = useState(false);
  const update = useMutation(ProjectService.method.updateProject, {
    onSuccess: (p) => {
      take(p);
      setChanging(false);
      toast({ text: "Saved. It holds for events that arrive from now on." });
    },
  });
  if (!project.data) return null; // the keys below are of use without it
  const { id, etag, settings } = project.data;
  const rate = { ratePerSecond: settings?.ratePerSecond ?? 0, rateBurst: settings?.rateBurst ?? 0 };
  return (
    <div className="card mb-3 flex items-start justify-between gap-4 p-4">
      <div className="min-w-0">
        <h2 className="text-list font-semibold">All keys together</h2>
        <p className="mt-1 text-meta text-muted">
          {rate.ratePerSecond > 0
            ? `The project sends ${rateWords(rate)}. Beyond that, issues that flood give way before rare ones do.`
            : "The project has no limit of its own."}
        </p>
      </div>
      <Button onClick={() => setChanging(true)}>Rate…</Button>
      <RateDialog
        what={changing ? "the project" : undefined}
        about="When it is used up, issues that flood give way before rare ones do. Every event that is not kept is counted."
        rate={rate}
        busy={update.isPending}
        error={update.error}
        onClose={() => {
          update.reset();
          setChanging(false);
        }}
        onSave={(r) => update.mutate({ projectId: id, etag, settings: r })}
      />
    </div>
  );
}

function NewKey({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (k: Key) => void }) {
  const project = useProject();
  const [name, setName] = useState("");
  const id = useId();
  const [kind, setKind] = useState<(typeof kinds)[number]["id"]>("dsn");
  const [life, setLife] = useState<Lifetime>("0");
  const create = useMutation(ProjectService.method.createKey, {
    onSuccess: (k) => {
      setName("");
      onMade(k);
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New key"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={id} busy={create.isPending} disabled={!name.trim()}>
            Create key
          </Button>
        </>
      }
    >
      <form
        id={id}
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          create.mutate({ projectId: project.id, kind, name: name.trim(), ttl: ttl(life) });
        }}
      >
        <Field
          label="Name"
          value={name}
          placeholder="Checkout service"
          onChange={(e) => setName(e.target.value)}
          error={create.error ? failure(create.error).detail : undefined}
        />
        <Select label="Kind" value={kind} onChange={setKind} options={[...kinds]} />
        <Select label="Valid" value={life} onChange={setLife} options={[...lifetimes]} />
      </form>
    </Dialog>
  );
}
