import type { ComponentProps, ReactNode } from "react";
import { cn } from "../cn.ts";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return <section className={cn("rounded-lg border bg-surface shadow-soft", className)} {...props} />;
}

type CardHeadProps = { title: ReactNode; hint?: ReactNode; actions?: ReactNode };

export function CardHead({ title, hint, actions }: CardHeadProps) {
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3">
      <div className="min-w-0 flex-1">
        <h2 className="text-base font-semibold">{title}</h2>
        {hint !== undefined && <p className="text-xs text-ink-faint">{hint}</p>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}
