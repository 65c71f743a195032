/** The parts of a DSN: `http[s]://PUBLIC_KEY@HOST[:PORT][/PREFIX]/PROJECT_ID`. */
export function splitDsn(dsn: string): { key: string; base: string; project: string } | undefined {
  try {
    const u = new URL(dsn);
    const at = u.pathname.lastIndexOf("/");
    return {
      key: u.username,
      base: `${u.protocol}//${u.host}${u.pathname.slice(0, at)}`,
      project: u.pathname.slice(at + 1),
    };
  } catch {
    return undefined;
  }
}
