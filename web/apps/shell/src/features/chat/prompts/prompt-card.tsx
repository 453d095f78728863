import { cn } from "@capsule/ui";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

type PromptCardProps = { icon: LucideIcon; title: ReactNode; note?: ReactNode; isOpen: boolean; children?: ReactNode };

/** Something that the app asks, or offers. */
export function PromptCard({ icon: Icon, title, note, isOpen, children }: PromptCardProps) {
  return (
    <section
      className={cn(
        "rounded-xl border bg-surface p-4 text-sm",
        isOpen ? "border-accent/60 shadow-float" : "text-ink-soft",
      )}
    >
      <div className="flex gap-3">
        <Icon className={cn("mt-0.5 size-4.5 shrink-0", isOpen ? "text-accent-text" : "text-ink-faint")} aria-hidden />
        <div className="min-w-0 flex-1 space-y-3">
          <div className="space-y-1">
            <p className="text-[0.9375rem] break-words whitespace-pre-wrap">{title}</p>
            {note !== undefined && <p className="text-xs text-ink-faint">{note}</p>}
          </div>
          {children}
        </div>
      </div>
    </section>
  );
}
