import { dismiss, toast } from "@/ui/toast";

type Undoable = { toast: number; run: () => void };

// The last change only: undoing is for the slip of a finger, not for history.
let last: Undoable | undefined;

/** Tells of a change and offers to take it back. */
export function offerUndo(text: string, undo: () => void) {
  const run = () => {
    last = undefined;
    undo();
  };
  last = { toast: toast({ text, action: { label: "Undo", run } }), run };
}

export function undoLast() {
  if (!last) {
    toast({ text: "Nothing to undo" });
    return;
  }
  dismiss(last.toast);
  last.run();
}
