/** A Lucide icon by its name, as apps write it: `file-text`, `FileText` and `file_text` are the same. */
import type { LucideIcon } from "lucide-react";
import { lazy, Suspense } from "react";
import { cn } from "@capsule/ui";

type IconProps = { name: string; className?: string };

const LoadedIcon = lazy(async () => {
  const icons = new Map<string, LucideIcon>(
    Object.entries(await import("./icon-set.ts")).map(([name, icon]) => [iconKey(name), icon]),
  );
  return {
    default: ({ name, className }: IconProps) => {
      const Found = icons.get(iconKey(name));
      return Found ? <Found className={className} aria-hidden /> : <Dot className={className} />;
    },
  };
});

export function Icon({ name, className }: IconProps) {
  return (
    <Suspense fallback={<span className={cn("inline-block", className)} aria-hidden />}>
      <LoadedIcon name={name} {...(className === undefined ? {} : { className })} />
    </Suspense>
  );
}

/** In place of an icon that this page does not have. */
function Dot({ className }: { className: string | undefined }) {
  return (
    <span className={cn("inline-grid place-items-center", className)} aria-hidden data-testid="no-icon">
      <span className="size-1.5 rounded-full bg-current" />
    </span>
  );
}

/** `FileText` and `file_text` → `file-text`; `BarChart3` → `bar-chart-3`. */
export const iconKey = (name: string): string =>
  name
    .trim()
    .replace(/([a-z])([A-Z0-9])/g, "$1-$2")
    .replace(/[\s_]+/g, "-")
    .toLowerCase();
