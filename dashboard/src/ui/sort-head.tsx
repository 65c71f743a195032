import { ArrowDown, ArrowUp } from "lucide-react";
import { cx } from "./cx";

type SortHeadProps = {
  label: string;
  /** Which way the table is sorted by this column; undefined: it is sorted by another. */
  order: "ascending" | "descending" | undefined;
  onSort: () => void;
  className?: string;
};

/** The head of a column that a table can be sorted by. */
export function SortHead({ label, order, onSort, className }: SortHeadProps) {
  const Arrow = order === "descending" ? ArrowDown : ArrowUp;
  return (
    <th className={cx("px-2 font-normal sm:px-3", className)} aria-sort={order ?? "none"}>
      <button type="button" className={cx("hover:text-ink", order && "font-medium text-ink")} onClick={onSort}>
        {order && <Arrow size={11} className="mr-0.5 inline align-[-1px]" aria-hidden />}
        {label}
      </button>
    </th>
  );
}
