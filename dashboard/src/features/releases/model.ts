import type { ReleaseHealth } from "@/gen/faultline/query/v1/health_pb";
import type { Sort } from "./search";

/** From here on a release counts as healthy. */
export const HEALTHY = 0.995;

const of: Record<Exclude<Sort, "release">, (r: ReleaseHealth) => number> = {
  sessions: (r) => -Number(r.sessions),
  users: (r) => -Number(r.users),
  // The worst first: that is what one looks for. Unknown comes last.
  crash_free_sessions: (r) => r.crashFreeSessions,
  crash_free_users: (r) => (r.users > 0n ? r.crashFreeUsers : 2),
};

const names = new Intl.Collator("en", { numeric: true });

/** Newest-looking names, most sessions and users, or worst rates first; or the other way round. */
export function sorted(releases: ReleaseHealth[], by: Sort, reverse: boolean): ReleaseHealth[] {
  const order =
    by === "release"
      ? (a: ReleaseHealth, b: ReleaseHealth) => names.compare(b.release, a.release)
      : (a: ReleaseHealth, b: ReleaseHealth) => of[by](a) - of[by](b);
  const list = [...releases].sort(order);
  return reverse ? list.reverse() : list;
}

/** 0.9983 → "99.83 %". Only what is whole is written as 100 %, so that one crash is never rounded away. */
export function percent(share: number): string {
  if (share >= 1) return "100 %";
  const hundredths = Math.floor(share * 10_000 + 1e-6);
  return `${(Math.min(hundredths, 9_999) / 100).toFixed(2)} %`;
}
