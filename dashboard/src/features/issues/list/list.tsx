import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Issue } from "@/gen/faultline/query/v1/query_pb";
import { failure } from "@/lib/errors";
import { usePhone } from "@/lib/media";
import { usePrefs } from "@/lib/prefs";
import { Button } from "@/ui/button";
import { Loading, Skeleton } from "@/ui/state";
import { columnsOf, IssueCard, IssueRow } from "./row";
import type { Selection } from "./selection";

type More = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage: () => unknown;
};
type VirtualListProps = { issues: Issue[]; all: boolean; sel: Selection; scale: number | undefined; list: More };

/** Draws the rows that are on the screen and reads more before the end is reached. */
export function VirtualList({ issues, all, sel, scale, list }: VirtualListProps) {
  const phone = usePhone();
  const { density } = usePrefs();
  const box = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const height = phone ? 104 : density === "compact" ? 32 : 40;
  useLayoutEffect(() => setMargin(box.current ? box.current.getBoundingClientRect().top + window.scrollY : 0), []);

  const rows = useWindowVirtualizer({
    count: issues.length,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: margin,
    scrollPaddingStart: 60,
    scrollPaddingEnd: 80,
    getItemKey: (i) => issues[i]?.id ?? i,
  });
  // A change of density changes every row at once.
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured again when the height changes
  useEffect(() => rows.measure(), [height]);
  useEffect(() => {
    if (sel.currentIndex >= 0) rows.scrollToIndex(sel.currentIndex, { align: "auto" });
  }, [sel.currentIndex, rows]);

  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  useEffect(() => {
    if (last >= issues.length - 15 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [last, issues.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);

  const Row = phone ? IssueCard : IssueRow;
  return (
    <div role="rowgroup">
      <div ref={box} role="presentation" className="relative -mb-px" style={{ height: rows.getTotalSize() }}>
        {items.map((v) => {
          const issue = issues[v.index];
          if (!issue) return null;
          return (
            <div key={v.key} role="presentation" className="absolute inset-x-0" style={{ top: v.start - margin }}>
              <Row
                issue={issue}
                all={all}
                compact={density === "compact"}
                selected={sel.has(issue)}
                current={v.index === sel.currentIndex}
                scale={scale}
                onSelect={sel.toggle}
                onPoint={sel.point}
              />
            </div>
          );
        })}
      </div>
      {isFetchNextPageError && (
        <div role="row">
          <div role="cell" className="flex items-center gap-3 border-t border-line px-4 py-2 text-list text-muted">
            More could not be read: {failure(list.error).title.toLowerCase()}.
            <Button onClick={() => void fetchNextPage()}>Try again</Button>
          </div>
        </div>
      )}
    </div>
  );
}

/** Rows in the shape of what comes. */
export function ListSkeleton({ all }: { all: boolean }) {
  const phone = usePhone();
  return (
    <Loading what="issues">
      {Array.from({ length: phone ? 6 : 12 }, (_, i) => (
        <div
          key={i}
          className={
            phone
              ? "flex h-[104px] flex-col gap-2 border-b border-line px-4 py-3"
              : `${columnsOf(all)} h-[var(--row)] border-x border-b border-line bg-surface px-3`
          }
        >
          {!phone && <Skeleton className="h-4 w-4" />}
          {!phone && <Skeleton className="h-6 w-1" />}
          <div className="flex flex-col gap-1.5">
            <Skeleton className={`h-3 ${["w-3/5", "w-2/5", "w-1/2"][i % 3]}`} />
            <Skeleton className={`h-2.5 ${["w-1/4", "w-1/3", "w-1/5"][i % 3]}`} />
          </div>
          {all && !phone && <Skeleton className="h-3 w-full" />}
          <Skeleton className="h-5 w-full max-md:hidden" />
          {!phone && <Skeleton className="h-3 w-full" />}
          {!phone && <Skeleton className="h-3 w-full" />}
        </div>
      ))}
    </Loading>
  );
}
