import { createConnectQueryKey, useMutation, useQuery } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { ProjectService, type Token } from "@/gen/faultline/admin/v1/admin_pb";
import { failure } from "@/lib/errors";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";
import { Field, Select } from "@/ui/field";
import { Awaited, Empty } from "@/ui/state";
import { toast } from "@/ui/toast";
import { Time } from "@/ui/values";
import { Entry, type Lifetime, lifetimes, RevokeDialog, Rows, SecretDialog, ttl } from "./parts";

const scopes = [
  { id: "event:read", about: "read issues and events" },
  { id: "event:write", about: "send events" },
  { id: "issue:write", about: "resolve, archive, assign and merge" },
  { id: "project:read", about: "read projects, keys and members" },
  { id: "project:write", about: "make projects and keys" },
  { id: "alert:read", about: "read rules and notifications" },
  { id: "alert:write", about: "change rules" },
  { id: "release:write", about: "upload source maps, announce releases" },
] as const;

/** A person's or CI's access to the API. */
export function Tokens() {
  const client = useQueryClient();
  const refresh = () =>
    client.invalidateQueries({
      queryKey: createConnectQueryKey({ schema: ProjectService.method.listTokens, cardinality: "finite" }),
    });
  const tokens = useQuery(ProjectService.method.listTokens, {});
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const [secret, setSecret] = useState<string>();
  const revoke = useMutation(ProjectService.method.revokeToken, {
    onSuccess: (t) => {
      void refresh();
      setRevoking(undefined);
      toast({ text: `Revoked ${t.name || "the token"}` });
    },
    onError: (err) => toast({ bad: true, text: "The token was not revoked", detail: failure(err).detail }),
  });
  return (
    <>
      <div className="mb-3 flex items-center justify-between gap-4">
        <p className="text-list text-muted">
          Tokens act for you in the API, over REST, gRPC and Connect. See{" "}
          <a className="link underline underline-offset-2" href="/api/openapi.json">
            the OpenAPI document
          </a>
          .
        </p>
        <Button kind="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <Awaited of={tokens} what="tokens" still="They go on working.">
        <Rows />
      </Awaited>
      {tokens.data?.tokens.length === 0 && (
        <Empty title="No token yet">
          Make one to read issues from a script, or to send events with an organization's access.
        </Empty>
      )}
      {tokens.data && tokens.data.tokens.length > 0 && (
        <ul className="card divide-y divide-line">
          {tokens.data.tokens.map((t) => (
            <Entry
              key={t.id}
              name={t.name || "Unnamed"}
              gone={t.revokedAt !== undefined}
              chips={
                <>
                  {t.revokedAt && <Chip tone="strong">revoked</Chip>}
                  {t.scopes.map((s) => (
                    <Chip key={s}>{s}</Chip>
                  ))}
                </>
              }
              about={
                <>
                  Made <Time at={t.createdAt} />,{" "}
                  {t.lastUsedAt ? (
                    <>
                      last used <Time at={t.lastUsedAt} />
                    </>
                  ) : (
                    "never used"
                  )}
                  {!t.revokedAt && t.expiresAt && (
                    <>
                      , valid until <Time at={t.expiresAt} form="absolute" />
                    </>
                  )}
                </>
              }
              action={!t.revokedAt && <Button onClick={() => setRevoking(t)}>Revoke</Button>}
            />
          ))}
        </ul>
      )}
      <NewToken
        open={making}
        onClose={() => setMaking(false)}
        onMade={(t) => {
          void refresh();
          setMaking(false);
          setSecret(t.secret);
        }}
      />
      <SecretDialog secret={secret} title="The new token" onClose={() => setSecret(undefined)} />
      <RevokeDialog
        what={revoking && (revoking.name || "this token")}
        consequence="Scripts that use it are refused from now on. This cannot be undone."
        busy={revoke.isPending}
        onClose={() => setRevoking(undefined)}
        onRevoke={() => revoking && revoke.mutate({ tokenId: revoking.id })}
      />
    </>
  );
}

function NewToken({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (t: Token) => void }) {
  const [name, setName] = useState("");
  const id = useId();
  const [chosen, setChosen] = useState<string[]>(["event:read", "project:read"]);
  const [life, setLife] = useState<Lifetime>("90");
  const create = useMutation(ProjectService.method.createToken, {
    onSuccess: (t) => {
      setName("");
      onMade(t);
    },
  });
  const ready = name.trim() !== "" && chosen.length > 0;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New token"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={id} busy={create.isPending} disabled={!ready}>
            Create token
          </Button>
        </>
      }
    >
      <form
        id={id}
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          create.mutate({ name: name.trim(), scopes: chosen, ttl: ttl(life) });
        }}
      >
        <Field
          label="Name"
          value={name}
          placeholder="CI"
          onChange={(e) => setName(e.target.value)}
          error={create.error ? failure(create.error).detail : undefined}
        />
        <fieldset>
          <legend className="mb-1 text-list font-medium">It may</legend>
          {scopes.map((s) => (
            <label key={s.id} className="flex min-h-7 items-center gap-2 text-list">
              <input
                type="checkbox"
                className="h-4 w-4"
                checked={chosen.includes(s.id)}
                onChange={(e) =>
                  setChosen(scopes.map((x) => x.id).filter((x) => (x === s.id ? e.target.checked : chosen.includes(x))))
                }
              />
              {s.about}
              <code className="font-mono text-meta text-muted">{s.id}</code>
            </label>
          ))}
        </fieldset>
        <Select label="Valid" value={life} onChange={setLife} options={[...lifetimes]} />
      </form>
    </Dialog>
  );
}
