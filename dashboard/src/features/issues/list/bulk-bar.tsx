import { Archive, Check, GitMerge, RotateCcw, UserRoundPlus, X } from "lucide-react";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { Button, IconButton } from "@/ui/button";
import { mergeable, toggled } from "../actions";
import type { Status } from "../words";

type BulkBarProps = {
  issues: Issue[];
  onStatus: (s: Status) => void;
  onAssign: () => void;
  onMerge: () => void;
  onClear: () => void;
};

/** What can be done with the selected issues. */
export function BulkBar({ issues, onStatus, onAssign, onMerge, onClear }: BulkBarProps) {
  const resolve = toggled(issues, "resolved");
  const archive = toggled(issues, "archived");
  return (
    <div
      role="toolbar"
      aria-label="Selected issues"
      className="floating fixed inset-x-0 bottom-16 z-30 mx-auto flex w-fit max-w-[calc(100vw-16px)] appear items-center gap-1 overflow-x-auto p-1.5 md:bottom-5"
    >
      <span className="num px-2 text-list font-medium whitespace-nowrap">{issues.length} selected</span>
      <Button
        kind="quiet"
        icon={resolve === "resolved" ? <Check size={14} /> : <RotateCcw size={14} />}
        onClick={() => onStatus(resolve)}
      >
        {resolve === "resolved" ? "Resolve" : "Reopen"}
      </Button>
      <Button kind="quiet" icon={<Archive size={14} />} onClick={() => onStatus(archive)}>
        {archive === "archived" ? "Archive" : "Reopen"}
      </Button>
      <Button kind="quiet" icon={<UserRoundPlus size={14} />} onClick={onAssign}>
        Assign
      </Button>
      {mergeable(issues) && (
        <Button kind="quiet" icon={<GitMerge size={14} />} onClick={onMerge}>
          Merge
        </Button>
      )}
      <IconButton label="Clear the selection" onClick={onClear}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
