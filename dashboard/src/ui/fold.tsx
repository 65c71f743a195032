import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { cx } from "./cx";

type FoldProps = { head: ReactNode; children: () => ReactNode; open?: boolean; className?: string; headClass?: string };

/** A heading that opens what is under it. What is closed is not drawn. */
export function Fold({ head, children, open = false, className, headClass }: FoldProps) {
  const [on, setOn] = useState(open);
  const id = useId();
  return (
    <div className={className}>
      <button
        type="button"
        aria-expanded={on}
        aria-controls={id}
        className={cx("flex w-full min-w-0 items-center gap-1.5 text-left hover:bg-hover", headClass)}
        onClick={() => setOn(!on)}
      >
        <ChevronRight
          size={14}
          aria-hidden
          className={cx("shrink-0 text-muted transition-transform duration-100", on && "rotate-90")}
        />
        {head}
      </button>
      <div id={id}>{on && children()}</div>
    </div>
  );
}
