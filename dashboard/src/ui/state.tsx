import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { failure } from "@/lib/errors";
import { Button } from "./button";
import { CopyText } from "./copy";
import { cx } from "./cx";

/** Nothing is here yet: says so, and what to do next. `page` makes it the page's own heading. */
export function Empty({
  icon,
  title,
  children,
  actions,
  page,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  page?: boolean;
}) {
  const Heading = page ? "h1" : "h2";
  return (
    <div className="flex appear flex-col items-center px-6 py-16 text-center">
      {icon && <div className="mb-3 text-faint">{icon}</div>}
      <Heading className="text-lead font-semibold">{title}</Heading>
      {children && <div className="mt-1 max-w-md text-body text-muted">{children}</div>}
      {actions && <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

/** Something failed: says what, what still works, what to do, and the request's id. */
export function Failed({
  what,
  error,
  retry,
  still,
  small,
  page,
}: {
  what: string;
  error: unknown;
  retry?: () => void;
  still?: string;
  small?: boolean;
  page?: boolean;
}) {
  const f = failure(error);
  const Heading = page ? "h1" : "h2";
  return (
    <div
      role="alert"
      className={cx("flex appear flex-col items-start gap-2", small ? "p-4" : "mx-auto max-w-lg px-6 py-14")}
    >
      <div className="flex items-center gap-2">
        <CircleAlert size={16} className="shrink-0 text-error" aria-hidden />
        <Heading className={cx("font-semibold", small ? "text-list" : "text-lead")}>{what}</Heading>
      </div>
      <p className="text-list text-muted">
        {f.title}
        {f.detail && (
          <>
            : <span className="break-words">{f.detail.replace(/\.$/, "")}</span>
          </>
        )}
        . {still}
      </p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        {retry && <Button onClick={retry}>Try again</Button>}
        <span className="text-meta text-muted">{f.code}</span>
        {f.requestId && (
          <span className="flex items-center gap-1 text-meta text-muted">
            request <code className="font-mono">{f.requestId}</code>
            <CopyText text={f.requestId} label="Copy request id" />
          </span>
        )}
      </div>
    </div>
  );
}

type AwaitedProps = {
  of: { isPending: boolean; error: unknown; data: unknown; refetch: () => unknown };
  /** What is read, as a sentence may end with it: "releases", "the rule". */
  what: string;
  /** What still works although it cannot be read. */
  still?: string;
  page?: boolean;
  /** Its shape. */
  children: ReactNode;
};

/** Until data is there: its shape, then what failed. An error beside data that was read before is not told. */
export function Awaited({ of, what, still, page, children }: AwaitedProps) {
  if (of.isPending) return <Loading what={what}>{children}</Loading>;
  if (!of.error || of.data) return null;
  return (
    <Failed
      page={page}
      what={`${what.charAt(0).toUpperCase()}${what.slice(1)} could not be read`}
      error={of.error}
      retry={() => void of.refetch()}
      still={still}
    />
  );
}

/** A grey shape where something is coming. */
export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden className={cx("skeleton", className)} />;
}

/** Tells a screen reader that a part of the page is loading. */
export function Loading({ what, children }: { what: string; children: ReactNode }) {
  return (
    <div aria-busy="true">
      <span role="status" className="sr-only">
        Loading {what}
      </span>
      {children}
    </div>
  );
}
