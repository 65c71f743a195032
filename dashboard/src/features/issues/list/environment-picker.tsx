import { useQuery } from "@connectrpc/connect-query";
import { Layers } from "lucide-react";
import { useState } from "react";
import { QueryService } from "@/gen/faultline/query/v1/query_pb";
import { compact } from "@/lib/format";
import { Button } from "@/ui/button";
import { PickList } from "@/ui/pick-list";
import { Popover } from "@/ui/popover";

const ALL = "*";

/** Narrows a page to one environment, out of those that sent events. */
export function EnvironmentPicker({
  projectId,
  value,
  onChange,
}: {
  projectId: number;
  value: string | undefined;
  onChange: (env: string | undefined) => void;
}) {
  const [open, setOpen] = useState(false);
  const found = useQuery(
    QueryService.method.explore,
    { projectId, groupBy: "environment", limit: 50 },
    { enabled: open, staleTime: 60_000, retry: false },
  );
  const names = (found.data?.series ?? []).filter((s) => s.group !== "");
  if (value && !names.some((s) => s.group === value))
    names.unshift({ $typeName: "faultline.query.v1.Series", group: value, total: 0n, values: [] });
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label="Environment"
      className="w-60"
      trigger={
        <Button icon={<Layers size={14} className="text-muted" aria-hidden />}>
          <span className="max-w-28 truncate max-lg:sr-only">{value ?? "All environments"}</span>
        </Button>
      }
    >
      <PickList
        label="Find an environment"
        items={[
          { id: ALL, label: "All environments" },
          ...names.map((s) => ({ id: s.group, label: s.group, hint: s.total > 0n ? compact(s.total) : undefined })),
        ]}
        selected={value ?? ALL}
        onPick={(id) => {
          setOpen(false);
          onChange(id === ALL ? undefined : id);
        }}
      />
    </Popover>
  );
}
