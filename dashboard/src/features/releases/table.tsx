import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Link } from "@tanstack/react-router";
import type { ReleaseHealth } from "@/gen/faultline/query/v1/health_pb";
import { ago, bothZones, compact, exact, plural } from "@/lib/format";
import { useNow } from "@/lib/now";
import { usePrefs } from "@/lib/prefs";
import { term } from "@/lib/terms";
import { SortHead } from "@/ui/sort-head";
import { HEALTHY, percent, sorted } from "./model";
import type { Sort } from "./search";

type Props = {
  releases: ReleaseHealth[];
  project: string;
  sort: Sort;
  reverse: boolean;
  onSort: (by: Sort, reverse: boolean) => void;
};

/** One line a release: how many use it, and how many of them it lets down. */
export function ReleaseTable({ releases, project, sort, reverse, onSort }: Props) {
  const now = useNow();
  const { zone } = usePrefs();
  const head = (by: Sort, label: string, className?: string) => {
    const on = sort === by;
    // Names and rates are asked for from one end, counts from the other.
    const down = by === "crash_free_sessions" || by === "crash_free_users" ? reverse : !reverse;
    return (
      <SortHead
        label={label}
        order={on ? (down ? "descending" : "ascending") : undefined}
        onSort={() => onSort(by, on ? !reverse : false)}
        className={className}
      />
    );
  };
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-left text-list">
        <thead className="text-meta whitespace-nowrap text-muted">
          <tr className="h-8 border-b border-line">
            {head("release", "Release", "!pl-4")}
            <th className="px-2 font-normal sm:px-3 max-md:hidden">Adoption</th>
            {head("crash_free_sessions", "Crash-free sessions", "text-right")}
            {head("crash_free_users", "Crash-free users", "text-right max-sm:hidden")}
            {head("sessions", "Sessions", "text-right")}
            {head("users", "Users", "text-right max-lg:hidden")}
            <th className="pr-4 pl-2 text-right font-normal max-lg:hidden">Last session</th>
          </tr>
        </thead>
        <tbody>
          {sorted(releases, sort, reverse).map((r) => {
            const last = r.lastSession ? timestampMs(r.lastSession) : 0;
            return (
              <tr key={r.release} className="h-[var(--row)] border-b border-line last:border-0 hover:bg-hover">
                <td className="max-w-0 min-w-36 pl-4 sm:w-1/3">
                  <Link
                    to="/p/$project/issues"
                    params={{ project }}
                    search={{ query: term("release", r.release) }}
                    className="block truncate font-medium hover:text-accent"
                    data-tip={`${r.release}\nShow its issues`}
                  >
                    {r.release}
                  </Link>
                </td>
                <td className="px-2 sm:px-3 max-md:hidden">
                  <Adoption share={r.adoption} />
                </td>
                <td className="px-2 text-right sm:px-3">
                  <Rate
                    share={r.crashFreeSessions}
                    tip={`${plural(r.crashed, "session")} crashed, ${exact(r.abnormal)} ended abnormally, ${exact(r.errored)} had an error`}
                  />
                </td>
                <td className="px-2 text-right sm:px-3 max-sm:hidden">
                  {r.users > 0n ? (
                    <Rate
                      share={r.crashFreeUsers}
                      tip={`${exact(r.crashedUsers)} of ${plural(r.users, "user")} saw a crash`}
                    />
                  ) : (
                    <span className="text-muted" data-tip="The client does not tell users apart">
                      –
                    </span>
                  )}
                </td>
                <td className="num px-2 text-right sm:px-3" data-tip={exact(r.sessions)}>
                  {compact(r.sessions)}
                </td>
                <td className="num px-2 text-right sm:px-3 max-lg:hidden" data-tip={exact(r.users)}>
                  {r.users > 0n ? compact(r.users) : "–"}
                </td>
                <td
                  className="num pr-4 pl-2 text-right whitespace-nowrap text-muted max-lg:hidden"
                  data-tip={`In the hour from ${bothZones(last, zone)}`}
                >
                  {ago(last, now)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The share of all sessions, as a bar and a number. */
function Adoption({ share }: { share: number }) {
  const whole = share >= 0.1 ? 0 : 1;
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-sunken">
        <span className="block h-full rounded-full bg-s1" style={{ width: `${Math.max(share * 100, 1)}%` }} />
      </span>
      <span className="num whitespace-nowrap text-muted">
        {share > 0 && share < 0.001 ? "< 0.1" : (share * 100).toFixed(whole)} %
      </span>
    </span>
  );
}

/** A rate of what did not crash; a healthy one has a mark. */
function Rate({ share, tip }: { share: number; tip: string }) {
  const healthy = share >= HEALTHY;
  return (
    <span className="num inline-flex items-center gap-1.5 align-middle whitespace-nowrap" data-tip={tip}>
      {healthy && <span aria-hidden className="h-1.5 w-1.5 rounded-full bg-good" />}
      <span className={healthy ? "" : "font-semibold"}>{percent(share)}</span>
      {healthy && <span className="sr-only">healthy</span>}
    </span>
  );
}
