/** The first letters of a name in a circle; the name on hover. */
export function Avatar({ name, tip }: { name: string; tip?: string }) {
  const words = name.split("@")[0]?.split(/[\s._-]+/) ?? [];
  const letters = words
    .slice(0, 2)
    .map((w) => w[0]?.toUpperCase() ?? "")
    .join("");
  return (
    <span
      data-tip={tip}
      className="inline-grid h-5 w-5 shrink-0 place-items-center rounded-full bg-accent-soft text-[10px] font-semibold text-accent"
    >
      <span aria-hidden>{letters}</span>
      {tip && <span className="sr-only">{tip}</span>}
    </span>
  );
}
