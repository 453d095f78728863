import type { AppInfo } from "@capsule/api";
import { Button, DialogRoot, DialogTrigger, SheetContent, useIsWide } from "@capsule/ui";
import { Menu } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { AccountMenu } from "./features/account/account-menu.tsx";
import { VersionBanner } from "./features/app/version-banner.tsx";
import { ChatPage } from "./features/chat/chat-page.tsx";
import type { Outbox } from "./features/chat/composer/outbox.ts";
import { ShortcutHelp } from "./features/help/shortcut-help.tsx";
import { useShortcuts } from "./features/help/use-shortcuts.ts";
import { SessionList } from "./features/sessions/session-list.tsx";
import { SEARCH_ID } from "./features/sessions/thread-search.tsx";
import { useRefreshSessions, useSessions } from "./features/sessions/use-sessions.ts";
import { appName } from "./parts/brand/app-name.ts";
import { useConnectionNews } from "./parts/connect/use-connections.ts";
import { openPath, openSession, type Route } from "./route.ts";

const ConnectionsPage = lazy(() => import("./features/connections/connections-page.tsx"));

const SHEET_MS = 100;

type WorkspaceProps = { app: AppInfo; route: Route; outbox: Outbox };

/** The app itself: the list of chats beside the open chat or another page. */
export function Workspace({ app, route, outbox }: WorkspaceProps) {
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const isWide = useIsWide();
  const sessions = useSessions();
  useConnectionNews();
  const refreshSessions = useRefreshSessions();
  const sessionId = route.page === "chat" ? route.sessionId : null;
  const title = sessions.data?.find((session) => session.id === sessionId)?.title || null;
  const name = appName(app);
  useEffect(() => {
    document.title = [route.page === "connections" ? "Connections" : title, name].filter(Boolean).join(" · ") || "Chat";
  }, [route.page, title, name]);
  useShortcuts({
    onSearch: () => {
      if (!isWide) setIsSheetOpen(true);
      // The sheet takes the focus when it opens.
      setTimeout(() => document.getElementById(SEARCH_ID)?.focus(), isWide ? 0 : SHEET_MS);
    },
    onNew: () => openSession(null),
    onHelp: () => setIsHelpOpen(true),
  });

  const open = (id: string | null): void => {
    setIsSheetOpen(false);
    openSession(id);
  };
  const foot = (
    <AccountMenu
      app={app}
      onConnections={() => {
        setIsSheetOpen(false);
        openPath("/connections");
      }}
      onSignIn={() => openPath(`/sign-in?from=${encodeURIComponent(window.location.hash)}`)}
      onSignedOut={() => openSession(null, true)}
      onHelp={() => setIsHelpOpen(true)}
    />
  );
  const list = <SessionList app={app} openId={sessionId} onOpen={open} foot={foot} />;
  const menu = !isWide && (
    <DialogRoot open={isSheetOpen} onOpenChange={setIsSheetOpen}>
      <DialogTrigger asChild>
        <Button tone="quiet" size="icon" aria-label="Open the list of chats">
          <Menu />
        </Button>
      </DialogTrigger>
      <SheetContent title="Chats">{list}</SheetContent>
    </DialogRoot>
  );
  return (
    <div className="flex h-full flex-col">
      {app.environment === "serve" && app.reason && <VersionBanner key={app.reason} reason={app.reason} />}
      <div className="flex min-h-0 flex-1">
        {isWide && <aside className="w-66 shrink-0 border-r bg-sidebar">{list}</aside>}
        {route.page === "connections" ? (
          <Suspense fallback={<div className="flex-1" />}>
            <ConnectionsPage menu={menu} />
          </Suspense>
        ) : (
          <ChatPage
            app={app}
            outbox={outbox}
            sessionId={sessionId}
            title={title}
            onSession={(id) => openSession(id, id !== null)}
            onNavigate={(target) => navigateTo(target)}
            onTurn={refreshSessions}
            menu={menu}
          />
        )}
      </div>
      <ShortcutHelp isOpen={isHelpOpen} onOpenChange={setIsHelpOpen} />
    </div>
  );
}

/** Targets as apps name them: `home`, `chat`, `connections`, a page, or an address. */
function navigateTo(target: string): void {
  if (/^https?:/.test(target)) window.open(target, "_blank", "noopener");
  else if (target === "home" || target === "chat") openSession(null);
  else openPath(`/${target.replace(/^#?\/?/, "")}`);
}
