import { useQuery } from "@connectrpc/connect-query";
import { Layers } from "lucide-react";
import { useState } from "react";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { compact } from "@/lib/format";
import { NarrowPicker } from "@/ui/narrow-picker";

/** Narrows a page to one environment, out of those that sent events; for all projects (0) to one that is typed. */
export function EnvironmentPicker({
  projectId,
  value,
  onChange,
}: {
  projectId: number;
  value: string | undefined;
  onChange: (env: string | undefined) => void;
}) {
  const [asked, setAsked] = useState(false);
  const found = useQuery(
    QueryService.method.explore,
    { projectId, groupBy: "environment", limit: 50 },
    { enabled: asked && projectId !== 0, staleTime: 60_000, retry: false },
  );
  return (
    <NarrowPicker
      label="Environment"
      all="All environments"
      icon={<Layers size={14} className="text-muted" aria-hidden />}
      items={(found.data?.series ?? [])
        .filter((s) => s.group !== "")
        .map((s) => ({ id: s.group, label: s.group, hint: compact(s.total) }))}
      value={value}
      onChange={onChange}
      onOpen={() => setAsked(true)}
      free={projectId === 0}
    />
  );
}
