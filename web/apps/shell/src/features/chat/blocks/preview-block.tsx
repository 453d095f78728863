import { Button } from "@capsule/ui";
import { AppWindow, Globe, PanelRightOpen, Table2 } from "lucide-react";
import { lazy } from "react";
import { useChat } from "../chat-context.ts";
import type { BlockProps } from "./block-view.tsx";
import { asRecord, textOf } from "./payload.ts";
import { previewTitle } from "../panel/previews.ts";

const WidgetView = lazy(() => import("./widget-view.tsx"));
const ICONS: Record<string, typeof Globe> = { browser_preview: Globe, table_preview: Table2, ui_preview: AppWindow };

/** What is shown beside the chat leaves a line in it that opens it again. */
export function PreviewBlock({ item }: BlockProps) {
  const { openPanel } = useChat();
  const payload = asRecord(item.payload);
  if (textOf(payload, "mode") === "inline") return <WidgetView item={item} />;
  const Icon = ICONS[item.type] ?? AppWindow;
  return (
    <div className="flex items-center gap-3 rounded-lg border bg-surface py-1.5 pr-1.5 pl-3.5 text-sm">
      <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <span className="min-w-0 flex-1 truncate font-medium">{previewTitle(item)}</span>
      <Button size="sm" onClick={() => openPanel(item.id)}>
        <PanelRightOpen /> Open
      </Button>
    </div>
  );
}
