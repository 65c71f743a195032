import type { ReactNode } from "react";

/** Title, one line of what the page is for, and its main actions. */
export function PageHead({ title, about, actions }: { title: string; about?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-3 pb-4">
      <div className="min-w-0">
        <h1 className="text-title font-semibold">{title}</h1>
        {about && <p className="mt-0.5 max-w-2xl text-list text-muted">{about}</p>}
      </div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

export function Page({ children, narrow }: { children: ReactNode; narrow?: boolean }) {
  return <div className={`mx-auto px-3 py-4 sm:px-5 ${narrow ? "max-w-4xl" : "max-w-[1500px]"}`}>{children}</div>;
}

export function Card({
  title,
  aside,
  children,
  id,
  flush,
}: {
  title?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  id?: string;
  flush?: boolean;
}) {
  return (
    <section className="card scroll-mt-28" id={id}>
      {title && (
        <div className="flex min-h-10 items-center justify-between gap-3 border-b border-line px-4">
          <h2 className="text-list font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      <div className={flush ? "" : "p-4"}>{children}</div>
    </section>
  );
}
