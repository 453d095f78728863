import { Button, cn, NativeSelect } from "@capsule/ui";
import { X } from "lucide-react";
import { useEffect, useEffectEvent, useRef } from "react";
import type { BlockItem } from "../log/chat-items.ts";
import { PreviewContent } from "./preview-content.tsx";
import { previewMode, previewTitle } from "./previews.ts";

type PreviewPanelProps = {
  item: BlockItem;
  others: readonly BlockItem[];
  onOpen: (blockId: string) => void;
  onClose: () => void;
};

const WIDTHS = { split: "md:basis-1/2", copilot: "md:basis-2/3", preview: "md:basis-1/3" };

/** Beside the chat on wide screens, over it on phones. */
export default function PreviewPanel({ item, others, onOpen, onClose }: PreviewPanelProps) {
  const title = previewTitle(item);
  const box = useRef<HTMLElement>(null);
  const close = useEffectEvent(onClose);
  useEffect(() => {
    const isOver = !window.matchMedia("(min-width: 48rem)").matches;
    const before = document.activeElement;
    if (isOver) box.current?.focus();
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && box.current?.contains(document.activeElement)) close();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      ref={box}
      tabIndex={-1}
      aria-label={title}
      data-testid="panel"
      data-mode={previewMode(item)}
      className={cn(
        "fixed inset-0 z-30 flex min-w-0 animate-rise flex-col bg-canvas pt-[env(safe-area-inset-top)] outline-none",
        "md:static md:shrink-0 md:animate-none md:border-l",
        WIDTHS[previewMode(item)],
      )}
    >
      <header className="flex h-13 shrink-0 items-center gap-2 border-b pr-2 pl-4">
        {others.length > 1 ? (
          <NativeSelect
            aria-label="What is shown"
            className="min-w-0 max-w-full truncate"
            value={item.id}
            onChange={(event) => onOpen(event.target.value)}
          >
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {previewTitle(other)}
              </option>
            ))}
          </NativeSelect>
        ) : (
          <h2 className="min-w-0 truncate text-sm font-semibold">{title}</h2>
        )}
        <Button tone="quiet" size="icon" className="ml-auto" aria-label="Close" onClick={onClose}>
          <X />
        </Button>
      </header>
      <PreviewContent key={item.id} item={item} />
    </aside>
  );
}
