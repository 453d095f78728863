import { DialogRoot, SheetContent } from "@capsule/ui";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { CommandMenu } from "./command-menu.tsx";
import { ConnectionNotice } from "./connection-notice.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TopBar } from "./top-bar.tsx";

/** Sidebar, top bar and the page. On small screens the sidebar is a sheet. */
export function AppLayout() {
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const [isMenuOpen, setIsMenuOpen] = useState(false);
  const { pathname } = useLocation();
  const [sheetPath, setSheetPath] = useState(pathname);
  if (sheetPath !== pathname) {
    setSheetPath(pathname);
    setIsSheetOpen(false);
  }
  return (
    <div className="flex h-full">
      <a
        href="#page"
        className="sr-only z-60 rounded-md bg-ink px-3 py-1.5 text-canvas focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <aside className="hidden w-60 shrink-0 border-r bg-sunken/60 md:block">
        <Sidebar />
      </aside>
      <DialogRoot open={isSheetOpen} onOpenChange={setIsSheetOpen}>
        <SheetContent title="Navigation">
          <Sidebar />
        </SheetContent>
      </DialogRoot>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onOpenSidebar={() => setIsSheetOpen(true)} onOpenMenu={() => setIsMenuOpen(true)} />
        <ConnectionNotice />
        <main id="page" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          <div className="mx-auto flex min-h-full w-full max-w-6xl flex-col px-4 py-5 sm:px-6 lg:px-8 lg:py-7">
            <Outlet />
          </div>
        </main>
      </div>
      <CommandMenu isOpen={isMenuOpen} onOpenChange={setIsMenuOpen} />
    </div>
  );
}
