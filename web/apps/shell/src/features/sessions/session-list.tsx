import type { AppInfo, ChatSession } from "@capsule/api";
import { Button, ConfirmDialog, ErrorState, Skeleton } from "@capsule/ui";
import { SquarePen } from "lucide-react";
import { useDeferredValue, useState, type ReactNode } from "react";
import { AppLogo } from "../../parts/brand/app-logo.tsx";
import { appName } from "../../parts/brand/app-name.ts";
import { groupSessions } from "./session-groups.ts";
import { SessionRow } from "./session-row.tsx";
import { ThreadSearch } from "./thread-search.tsx";
import { useDeleteSession, useRenameSession, useSessions } from "./use-sessions.ts";

type SessionListProps = {
  app: AppInfo;
  openId: string | null;
  onOpen: (id: string | null) => void;
  foot?: ReactNode;
};

export function SessionList({ app, openId, onOpen, foot }: SessionListProps) {
  const [query, setQuery] = useState("");
  const sessions = useSessions(useDeferredValue(query));
  const [leaving, setLeaving] = useState<ChatSession | null>(null);
  const rename = useRenameSession();
  const remove = useDeleteSession((id) => {
    setLeaving(null);
    if (id === openId) onOpen(null);
  });
  return (
    <nav
      aria-label="Chats"
      className="flex h-full flex-col gap-2 p-3 pt-[max(0.75rem,env(safe-area-inset-top))] pb-[max(0.5rem,env(safe-area-inset-bottom))]"
    >
      <p className="flex h-8 items-center gap-2 px-1.5 font-semibold">
        <AppLogo app={app} className="size-6" />
        <span className="truncate">{appName(app)}</span>
      </p>
      <Button className="justify-start" onClick={() => onOpen(null)}>
        <SquarePen /> New chat
      </Button>
      <ThreadSearch onSearch={setQuery} />
      <div className="-mx-1 min-h-0 flex-1 overflow-y-auto px-1" aria-busy={sessions.isPlaceholderData}>
        {sessions.isPending && [1, 2, 3].map((row) => <Skeleton key={row} className="mx-2 my-3 h-3" />)}
        {sessions.isError && (
          <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} className="px-2 py-6" />
        )}
        {sessions.data?.length === 0 && (
          <p className="px-2.5 py-2 text-xs text-ink-faint">
            {query === "" ? "Your chats appear here." : `No chat has “${query}” in it.`}
          </p>
        )}
        {groupSessions(sessions.data ?? []).map((group) => (
          <section key={group.label} aria-label={group.label} className="mb-3">
            <h2 className="px-2.5 pt-1.5 pb-1 text-2xs font-medium text-ink-faint">{group.label}</h2>
            <ul className="space-y-0.5">
              {group.sessions.map((session) => (
                <SessionRow
                  key={session.id}
                  session={session}
                  isOpen={session.id === openId}
                  onOpen={() => onOpen(session.id)}
                  onRename={(title) => rename.mutate({ id: session.id, title })}
                  onDelete={() => setLeaving(session)}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {foot}
      <ConfirmDialog
        isOpen={leaving !== null}
        onOpenChange={(isOpen) => !isOpen && setLeaving(null)}
        title="Delete this chat?"
        confirmLabel="Delete chat"
        isBusy={remove.isPending}
        onConfirm={() => leaving && remove.mutate(leaving.id)}
      >
        “{leaving?.title || "New chat"}”, its messages and its files are gone for good.
      </ConfirmDialog>
    </nav>
  );
}
