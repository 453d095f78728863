import type { AppInfo, ChatSession } from "@capsule/api";
import { Button, ConfirmDialog, ErrorState, LogoMark, Skeleton } from "@capsule/ui";
import { SquarePen } from "lucide-react";
import { useState } from "react";
import { SessionRow } from "./session-row.tsx";
import { useDeleteSession, useSessions } from "./use-sessions.ts";

type SessionListProps = { app: AppInfo; openId: string | null; onOpen: (id: string | null) => void };

export function SessionList({ app, openId, onOpen }: SessionListProps) {
  const sessions = useSessions();
  const [leaving, setLeaving] = useState<ChatSession | null>(null);
  const remove = useDeleteSession((id) => {
    setLeaving(null);
    if (id === openId) onOpen(null);
  });
  return (
    <nav aria-label="Chats" className="flex h-full flex-col gap-3 p-3">
      <p className="flex h-8 items-center gap-2 px-1.5 font-semibold">
        <LogoMark className="size-6 shrink-0" />
        <span className="truncate">{app.title ?? app.name}</span>
      </p>
      <Button className="justify-start" onClick={() => onOpen(null)}>
        <SquarePen /> New chat
      </Button>
      <ul className="-mx-1 min-h-0 flex-1 space-y-0.5 overflow-y-auto px-1" aria-label="Chats">
        {sessions.isPending && [1, 2, 3].map((row) => <Skeleton key={row} className="mx-2 my-3 h-3" />)}
        {sessions.isError && (
          <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} className="px-2 py-6" />
        )}
        {sessions.data?.length === 0 && <li className="px-2.5 py-2 text-xs text-ink-faint">Your chats appear here.</li>}
        {sessions.data?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            isOpen={session.id === openId}
            onOpen={() => onOpen(session.id)}
            onDelete={() => setLeaving(session)}
          />
        ))}
      </ul>
      <ConfirmDialog
        isOpen={leaving !== null}
        onOpenChange={(isOpen) => !isOpen && setLeaving(null)}
        title="Delete this chat?"
        confirmLabel="Delete chat"
        isBusy={remove.isPending}
        onConfirm={() => leaving && remove.mutate(leaving.id)}
      >
        “{leaving?.title || "New chat"}” and its messages are gone for good.
      </ConfirmDialog>
    </nav>
  );
}
