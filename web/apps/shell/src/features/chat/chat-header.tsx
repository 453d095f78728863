import type { AppInfo } from "@capsule/api";
import { ThemeSwitch, useNow } from "@capsule/ui";
import { Sparkles } from "lucide-react";
import type { ReactNode } from "react";
import { AppLogo } from "../../parts/brand/app-logo.tsx";
import { appName } from "../../parts/brand/app-name.ts";

type ChatHeaderProps = { app: AppInfo; title: string | null; menu: ReactNode; changedAt: string | null };

const HINT_MS = 8000;

export function ChatHeader({ app, title, menu, changedAt }: ChatHeaderProps) {
  // An app that gives its own background looks one way only.
  const canChoose = app.theme?.background == null;
  return (
    <header className="flex min-h-13 shrink-0 items-center gap-2 border-b px-3 pt-[env(safe-area-inset-top)] sm:px-5">
      {menu}
      <h1 className="min-w-0 truncate text-sm font-semibold">{title ?? appName(app)}</h1>
      {app.environment === "serve" && (
        <span className="rounded-full bg-warn-soft px-2 text-2xs font-medium text-warn-text">serve</span>
      )}
      {changedAt !== null && <UpdatedHint key={changedAt} at={changedAt} />}
      <div className="ml-auto flex items-center gap-2">
        {canChoose && <ThemeSwitch />}
        <AppLogo app={app} className="size-5 md:hidden" />
      </div>
    </header>
  );
}

/** Says for some seconds that the app was replaced by a newer one; the chat goes on. */
function UpdatedHint({ at }: { at: string }) {
  const now = useNow(1000);
  if (now - new Date(at).getTime() > HINT_MS) return null;
  return (
    <span
      role="status"
      data-testid="app-updated"
      className="inline-flex animate-rise items-center gap-1 rounded-full bg-accent-soft px-2 py-0.5 text-2xs font-medium text-accent-text"
    >
      <Sparkles className="size-3" aria-hidden /> Updated
    </span>
  );
}
