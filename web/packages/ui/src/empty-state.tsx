import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn.ts";

type EmptyStateProps = { icon: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode; className?: string };

export function EmptyState({ icon: Icon, title, children, actions, className }: EmptyStateProps) {
  return (
    <div className={cn("flex flex-col items-center px-6 py-14 text-center", className)}>
      <span className="mb-3 grid size-11 place-items-center rounded-xl bg-accent-soft text-accent-text">
        <Icon className="size-5" aria-hidden />
      </span>
      <h2 className="text-base font-semibold">{title}</h2>
      {children !== undefined && <div className="mt-1 max-w-md text-sm text-ink-soft">{children}</div>}
      {actions !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}
