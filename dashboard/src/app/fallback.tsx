import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { FolderPlus, SearchX } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass } from "@/ui/button";
import { Empty, Failed, Loading, Skeleton } from "@/ui/state";
import { NewProject } from "./new-project";

export function NotFound() {
  return (
    <main className="py-10">
      <Empty
        page
        icon={<SearchX size={28} />}
        title="There is nothing at this address"
        actions={
          <Link to="/" className={buttonClass("primary")}>
            Go to issues
          </Link>
        }
      >
        The link may be old, or it belongs to a project that you cannot see.
      </Empty>
    </main>
  );
}

export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main>
      <Failed
        page
        what="This page could not be shown"
        error={error}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}

export function PagePending() {
  return (
    <main className="px-5 py-6">
      <h1 className="sr-only">Loading</h1>
      <Loading what="the page">
        <Skeleton className="mb-4 h-6 w-60" />
        <Skeleton className="mb-2 h-4 w-full max-w-3xl" />
        <Skeleton className="h-4 w-full max-w-xl" />
      </Loading>
    </main>
  );
}

/** Shown to somebody whose organization has no project yet. */
export function NoProject() {
  const [open, setOpen] = useState(false);
  return (
    <main className="py-10">
      <Empty
        page
        icon={<FolderPlus size={28} />}
        title="No project yet"
        actions={
          <Button kind="primary" onClick={() => setOpen(true)}>
            New project
          </Button>
        }
      >
        A project is where the events of one program go. Make one to get a DSN.
      </Empty>
      <NewProject open={open} onClose={() => setOpen(false)} />
    </main>
  );
}
