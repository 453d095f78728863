import type { AppInfo, StreamState } from "@capsule/api";
import { LogoMark, ThemeSwitch, useNow } from "@capsule/ui";
import { LoaderCircle, Sparkles } from "lucide-react";
import type { ReactNode } from "react";

type ChatHeaderProps = {
  app: AppInfo;
  title: string | null;
  menu: ReactNode;
  state: StreamState;
  changedAt: string | null;
};

const HINT_MS = 8000;

export function ChatHeader({ app, title, menu, state, changedAt }: ChatHeaderProps) {
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b px-3 sm:px-5">
      {menu}
      <h1 className="min-w-0 truncate text-sm font-semibold">{title ?? app.title ?? app.name}</h1>
      {app.environment === "serve" && (
        <span className="rounded-full bg-warn-soft px-2 text-2xs font-medium text-warn-text">serve</span>
      )}
      {changedAt !== null && <UpdatedHint key={changedAt} at={changedAt} />}
      <div className="ml-auto flex items-center gap-2">
        <span role="status" className="text-xs text-ink-faint">
          {state === "waiting" && (
            <span className="inline-flex items-center gap-1.5">
              <LoaderCircle className="size-3.5 animate-spin" aria-hidden /> Reconnecting…
            </span>
          )}
        </span>
        <ThemeSwitch />
        <LogoMark className="size-5 opacity-70 md:hidden" />
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
