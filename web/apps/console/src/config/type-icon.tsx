import type { CapsuleType } from "@capsule/api";
import { cn } from "@capsule/ui";
import { typeInfo } from "./capsule-types.ts";

export function TypeIcon({ type, className }: { type: CapsuleType; className?: string }) {
  const info = typeInfo(type);
  return (
    <span
      title={info.name}
      className={cn("grid size-9 shrink-0 place-items-center rounded-lg [&_svg]:size-[54%]", info.tint, className)}
    >
      <info.icon aria-label={info.name} strokeWidth={1.8} />
    </span>
  );
}
