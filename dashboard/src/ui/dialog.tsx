import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { cx } from "./cx";

type DialogProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** The buttons at the bottom, the one that does it last. */
  actions?: ReactNode;
  bare?: boolean;
  className?: string;
};

/** A question or a form in front of the page. Focus goes in and comes back. */
export function Dialog({ open, onClose, title, description, children, actions, bare, className }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(o) => !o && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 appear bg-scrim" />
        <Base.Popup
          className={cx(
            "floating fixed top-[12vh] left-1/2 z-50 flex max-h-[76vh] w-[min(520px,calc(100vw-24px))] -translate-x-1/2 appear flex-col outline-none",
            className,
          )}
        >
          {bare ? (
            <Base.Title className="sr-only">{title}</Base.Title>
          ) : (
            <div className="flex items-start justify-between gap-4 px-5 pt-4">
              <div>
                <Base.Title className="text-lead font-semibold">{title}</Base.Title>
                {description && (
                  <Base.Description className="mt-1 text-list text-muted">{description}</Base.Description>
                )}
              </div>
              <Base.Close render={<IconButton label="Close" />}>
                <X size={16} />
              </Base.Close>
            </div>
          )}
          <div className={cx("min-h-0 overflow-y-auto", !bare && "px-5 py-4")}>{children}</div>
          {actions && <div className="flex justify-end gap-2 border-t border-line px-5 py-3">{actions}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
