import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

type OutcomeProps = { icon: LucideIcon; tone: string; title: string; children: ReactNode };

/** How something outside the console ended, on a page of its own. */
export function Outcome({ icon: Icon, tone, title, children }: OutcomeProps) {
  return (
    <div role="status" className="py-4 text-center">
      <Icon className={`mx-auto size-9 ${tone}`} aria-hidden />
      <h2 className="mt-3 text-base font-semibold">{title}</h2>
      <div className="mt-1 space-y-2 text-sm text-ink-soft">{children}</div>
    </div>
  );
}
