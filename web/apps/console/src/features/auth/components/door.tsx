import { LogoMark } from "@capsule/ui";
import type { ReactNode } from "react";

/** The calm frame of the pages outside the console proper. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="relative grid min-h-full place-items-center overflow-hidden px-4 py-12">
      <LogoMark className="pointer-events-none absolute -right-40 -bottom-48 size-[38rem] opacity-[0.06] dark:opacity-[0.08]" />
      <div className="relative w-full max-w-sm">
        <LogoMark className="mx-auto size-12" />
        <h1 className="mt-4 mb-6 text-center text-2xl font-semibold tracking-tight">{title}</h1>
        <div className="rounded-xl border bg-surface p-6 shadow-float">{children}</div>
      </div>
    </main>
  );
}
