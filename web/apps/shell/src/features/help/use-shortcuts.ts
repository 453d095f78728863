import { useEffect, useEffectEvent } from "react";

type Shortcuts = { onSearch: () => void; onNew: () => void; onHelp: () => void };

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Keys that work everywhere on the page. */
export function useShortcuts({ onSearch, onNew, onHelp }: Shortcuts): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isMod = event.metaKey || event.ctrlKey;
    const key = event.key.toLowerCase();
    if (isMod && key === "k" && !event.shiftKey) onSearch();
    else if (isMod && event.shiftKey && key === "o") onNew();
    else if (key === "?" && !isMod && !isTyping(event.target)) onHelp();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
