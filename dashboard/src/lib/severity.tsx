import { Level } from "@/gen/faultline/event/v1/event_pb";

type LevelName = "debug" | "info" | "warning" | "error" | "fatal";

const names: LevelName[] = ["debug", "info", "warning", "error", "fatal"];

/** The word for a level, whether the API says it as a word or as the number of an event. */
function levelName(level: Level | string): LevelName {
  if (typeof level === "string") return names.find((n) => n === level) ?? "error";
  switch (level) {
    case Level.DEBUG:
      return "debug";
    case Level.INFO:
      return "info";
    case Level.WARNING:
      return "warning";
    case Level.FATAL:
      return "fatal";
    default:
      return "error";
  }
}

const fill: Record<LevelName, string> = {
  debug: "bg-debug",
  info: "bg-info",
  warning: "bg-warning",
  error: "bg-error",
  fatal: "bg-fatal",
};

const ink: Record<LevelName, string> = {
  debug: "text-debug-ink",
  info: "text-info-ink",
  warning: "text-warning-ink",
  error: "text-error-ink",
  fatal: "text-fatal-ink",
};

/** The bar at the head of a row. Its height tells the severity as well as its colour. */
export function LevelBar({ level }: { level: Level | string }) {
  const name = levelName(level);
  const height = { debug: "h-1.5", info: "h-2.5", warning: "h-4", error: "h-6", fatal: "h-7" }[name];
  return <span aria-hidden className={`block w-1 shrink-0 rounded-full ${height} ${fill[name]}`} />;
}

/** The severity in words. */
export function LevelWord({ level, className = "" }: { level: Level | string; className?: string }) {
  const name = levelName(level);
  return <span className={`font-medium ${ink[name]} ${className}`}>{name}</span>;
}
