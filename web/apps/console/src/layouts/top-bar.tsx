import { Button, LogoMark, ThemeSwitch } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { Menu, Search } from "lucide-react";
import { AccountMenu } from "./account-menu.tsx";
import { isApple } from "./keyboard.ts";

type TopBarProps = { onOpenSidebar: () => void; onOpenMenu: () => void };

export function TopBar({ onOpenSidebar, onOpenMenu }: TopBarProps) {
  return (
    <header className="flex h-13 shrink-0 items-center gap-1.5 border-b bg-canvas px-3 sm:px-4">
      <Button tone="quiet" size="icon" className="md:hidden" aria-label="Open navigation" onClick={onOpenSidebar}>
        <Menu />
      </Button>
      <Link to="/" className="rounded-md md:hidden" aria-label="Capsule, home">
        <LogoMark className="size-6" />
      </Link>
      <button
        type="button"
        onClick={onOpenMenu}
        className="field-frame ml-auto flex h-8 w-9 items-center justify-center gap-2 px-2 text-sm text-ink-faint sm:mr-auto sm:ml-0 sm:w-72 sm:justify-start"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search className="size-4 shrink-0" aria-hidden />
        <span className="flex-1 text-left max-sm:sr-only">Search or jump to…</span>
        <kbd aria-hidden className="hidden rounded-sm border bg-sunken px-1.5 font-sans text-2xs sm:inline">
          {isApple() ? "⌘" : "Ctrl"} K
        </kbd>
      </button>
      <ThemeSwitch />
      <AccountMenu />
    </header>
  );
}
