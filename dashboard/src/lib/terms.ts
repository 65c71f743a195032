/** Fields of the search language that are not tags. */
const fields = new Set([
  "release",
  "environment",
  "level",
  "platform",
  "transaction",
  "server_name",
  "dist",
  "logger",
  "user",
  "url",
]);

/** One term of the search language that matches exactly this value. */
export function term(key: string, value: string): string {
  const name = fields.has(key) ? key : `tag[${key.replaceAll("\\", "\\\\").replaceAll("]", "\\]")}]`;
  const plain = /^[\p{L}\p{N}_.@:/+-]+$/u.test(value) && !value.includes("::");
  return `${name}:${plain ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("*", "\\*")}"`}`;
}
