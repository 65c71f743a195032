import { timestampFromMs } from "@bufbuild/protobuf/wkt";

const HOUR = 3_600_000;

/** How some releases do. */
export function releaseHealth(now: number) {
  const rows: [string, number, number, number, number, number, number][] = [
    ["shop@1.8.0", 182_400, 2_120, 310, 12, 41_200, 288],
    ["shop@1.7.4", 64_900, 1_804, 2_511, 0, 18_800, 1_902],
    ["shop@1.6.2", 5_120, 40, 3, 1, 2_010, 3],
    ["shop@1.6.1", 12, 0, 0, 0, 0, 0],
  ];
  const all = rows.reduce((sum, r) => sum + r[1], 0);
  return {
    sessions: BigInt(all),
    users: 58_300n,
    reported: true,
    releases: rows.map(([release, sessions, errored, crashed, abnormal, users, crashedUsers], n) => ({
      release,
      sessions: BigInt(sessions),
      errored: BigInt(errored),
      crashed: BigInt(crashed),
      abnormal: BigInt(abnormal),
      users: BigInt(users),
      crashedUsers: BigInt(crashedUsers),
      adoption: sessions / all,
      crashFreeSessions: 1 - crashed / sessions,
      crashFreeUsers: users === 0 ? 1 : 1 - crashedUsers / users,
      firstSession: timestampFromMs(now - (n + 1) * 70 * HOUR),
      lastSession: timestampFromMs(now - n * n * 9 * HOUR),
    })),
  };
}
