import type { Project } from "@/gen/faultline/admin/v1/admin_pb";
import { Awaited } from "@/ui/state";
import { Rows } from "./parts";
import { fromLines, listOf, texts, toLines, useDraft, useFreshProject } from "./project";
import { ListRow, SwitchRow } from "./rows";
import { SaveBar } from "./save-bar";

function read(p: Project) {
  const s = p.settings?.scrubbing;
  return {
    defaults: s?.defaults ?? true,
    keys: toLines(texts(s?.keys)),
    safeKeys: toLines(texts(s?.safeKeys)),
    ipAddresses: s?.ipAddresses ?? false,
  };
}

/** What is removed from events before anything else sees them. */
export function Scrubbing() {
  const project = useFreshProject();
  if (!project.data)
    return (
      <Awaited of={project} what="data scrubbing" still="Events are still being cleaned.">
        <Rows />
      </Awaited>
    );
  return <Form project={project.data} />;
}

function Form({ project }: { project: Project }) {
  const d = useDraft(project, read);
  const save = () =>
    d.save({
      settings: {
        scrubbing: {
          defaults: d.draft.defaults,
          keys: listOf(fromLines(d.draft.keys)),
          safeKeys: listOf(fromLines(d.draft.safeKeys)),
          ipAddresses: d.draft.ipAddresses,
        },
      },
    });
  return (
    <>
      <p className="mb-3 text-list text-muted">
        Events are cleaned before they are grouped, stored or shown. What was removed reads{" "}
        <code className="font-mono">[Filtered]</code>, and the event says where it was. Events that are stored already
        stay as they are.
      </p>
      <ul className="card divide-y divide-line">
        <SwitchRow
          title="Remove what looks like a secret"
          about="By its key: passwords, tokens, keys, cards, credentials, session cookies. By itself: card numbers, private keys, JSON web tokens, passwords in URLs, keys of known services."
          on={d.draft.defaults}
          onChange={(defaults) => d.set({ defaults })}
        />
        <SwitchRow
          title="Remove IP addresses"
          about="The address of the user, and those in X-Forwarded-For and its like, wherever they stand."
          on={d.draft.ipAddresses}
          onChange={(ipAddresses) => d.set({ ipAddresses })}
        />
        <ListRow
          title="Further fields"
          about="Keys whose values are removed at any depth, one a line; * stands for anything, and letters’ case does not matter."
          placeholder="iban"
          value={d.draft.keys}
          onChange={(keys) => d.set({ keys })}
        />
        <ListRow
          title="Safe fields"
          about="Keys whose values are never touched, one a line. They win over everything above."
          placeholder="csrf_token"
          value={d.draft.safeKeys}
          onChange={(safeKeys) => d.set({ safeKeys })}
        />
      </ul>
      <SaveBar
        dirty={d.dirty}
        saving={d.saving}
        error={d.error}
        onSave={save}
        onReset={d.reset}
        onTake={(p) => {
          d.clear();
          d.start(p);
        }}
      />
    </>
  );
}
