import { Button, DialogRoot, DialogTrigger, ErrorState, SheetContent } from "@capsule/ui";
import { Menu } from "lucide-react";
import { useEffect, useState } from "react";
import { AppStatePage } from "./features/app/app-state-page.tsx";
import { pageFor } from "./features/app/app-states.ts";
import { useApp } from "./features/app/use-app.ts";
import { ChatPage } from "./features/chat/chat-page.tsx";
import { SessionList } from "./features/sessions/session-list.tsx";
import { useRefreshSessions, useSessions } from "./features/sessions/use-sessions.ts";
import { openSession, useHashSession } from "./hash-session.ts";

/** Composes the page: the app's state, the list of chats and the open chat. */
export function App() {
  const app = useApp();
  const sessionId = useHashSession();
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const sessions = useSessions();
  const refreshSessions = useRefreshSessions();
  const title = sessions.data?.find((session) => session.id === sessionId)?.title || null;
  const name = app.data?.title ?? app.data?.name;

  useEffect(() => {
    document.title = [title, name].filter(Boolean).join(" · ") || "Chat";
  }, [title, name]);

  if (!app.data) {
    return app.isError ? (
      <ErrorState error={app.error} onRetry={() => void app.refetch()} className="h-full justify-center" />
    ) : (
      <AppStatePage page={{ icon: "wait", title: "", text: "" }} name="" reason={null} />
    );
  }
  const page = pageFor(app.data.state);
  if (page) return <AppStatePage page={page} name={app.data.title ?? app.data.name} reason={app.data.reason ?? null} />;

  const open = (id: string | null): void => {
    setIsSheetOpen(false);
    openSession(id);
  };
  const list = <SessionList app={app.data} openId={sessionId} onOpen={open} />;
  return (
    <div className="flex h-full">
      <aside className="hidden w-64 shrink-0 border-r bg-sunken/60 md:block">{list}</aside>
      <ChatPage
        app={app.data}
        sessionId={sessionId}
        title={title}
        onSession={(id) => openSession(id, id !== null)}
        onTurn={refreshSessions}
        menu={
          <DialogRoot open={isSheetOpen} onOpenChange={setIsSheetOpen}>
            <DialogTrigger asChild>
              <Button tone="quiet" size="icon" className="md:hidden" aria-label="Open the list of chats">
                <Menu />
              </Button>
            </DialogTrigger>
            <SheetContent title="Chats">{list}</SheetContent>
          </DialogRoot>
        }
      />
    </div>
  );
}
