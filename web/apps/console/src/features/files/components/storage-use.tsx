import { keys, readStorageUsage, type Capsule } from "@capsule/api";
import { byteSize, cn } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";

const NEARLY_FULL = 0.9;

/** What the storage holds of what it may. */
export function StorageUse({ capsule }: { capsule: Capsule }) {
  const usage = useQuery({
    queryKey: keys.storageUsage(capsule.slug),
    queryFn: () => readStorageUsage(capsule.id),
  });
  if (!usage.data) return null;
  const { used_bytes: used, size_bytes: size } = usage.data;
  return (
    <span
      data-testid="storage-use"
      className={cn("text-xs tabular-nums", used > size * NEARLY_FULL ? "text-bad-text" : "text-ink-faint")}
    >
      {byteSize(used)} of {byteSize(size)}
    </span>
  );
}
