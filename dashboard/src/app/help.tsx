import { modKey } from "@/lib/hotkeys";
import { Kbd } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";

const groups: { name: string; keys: [string, string][] }[] = [
  {
    name: "Everywhere",
    keys: [
      [`${modKey} K`, "Go to anything"],
      ["/", "Search"],
      ["p", "Switch project"],
      ["z", "Undo the last change"],
      ["?", "This help"],
    ],
  },
  {
    name: "Issues",
    keys: [
      ["j k", "Next, previous"],
      ["enter", "Open"],
      ["x", "Select"],
      ["e", "Resolve, or reopen"],
      ["a", "Assign"],
      ["i", "Archive"],
      ["m", "Merge the selected"],
      ["esc", "Clear the selection"],
    ],
  },
  {
    name: "An issue",
    keys: [
      ["j k", "Older, newer event"],
      ["e", "Resolve, or reopen"],
      ["a", "Assign"],
      ["i", "Archive"],
      ["u", "Back to the list"],
    ],
  },
];

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard">
      <div className="grid gap-5 sm:grid-cols-2">
        {groups.map((g) => (
          <section key={g.name}>
            <h3 className="mb-2 text-meta font-medium text-muted">{g.name}</h3>
            <dl className="flex flex-col gap-1.5">
              {g.keys.map(([keys, what]) => (
                <div key={keys} className="flex items-center justify-between gap-4 text-list">
                  <dt>{what}</dt>
                  <dd className="flex gap-1">
                    {keys.split(" ").map((k) => (
                      <Kbd key={k}>{k}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
