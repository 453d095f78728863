/** Which of the things that an app shows beside the chat is open. */
import { asRecord, textOf } from "../blocks/payload.ts";
import type { BlockItem, ChatItem } from "../log/chat-items.ts";

const NAMES: Record<string, string> = { browser_preview: "Preview", table_preview: "Table", ui_preview: "Page" };

export type PreviewMode = "split" | "copilot" | "preview";

export function previewTitle(item: BlockItem): string {
  return textOf(asRecord(item.payload), "title") || NAMES[item.type] || "Preview";
}

/** `split`: even; `copilot`: the preview is wide; `preview`: it is narrow. */
export function previewMode(item: BlockItem): PreviewMode {
  const mode = textOf(asRecord(item.payload), "mode");
  return mode === "copilot" || mode === "preview" ? mode : "split";
}

/** What can be shown beside the chat, the newest first. `{close: true}` ends what was shown before of its kind. */
export function openPreviews(items: readonly ChatItem[]): BlockItem[] {
  const found = items
    .filter((item): item is BlockItem => item.kind === "block" && !item.isStub && Object.hasOwn(NAMES, item.type))
    .toSorted((a, b) => b.revision - a.revision);
  const closed = found.filter((item) => asRecord(item.payload)["close"] === true);
  return found.filter((item) => {
    const payload = asRecord(item.payload);
    if (payload["close"] === true || textOf(payload, "mode") === "inline") return false;
    return !closed.some((end) => end.revision > item.revision && end.type === item.type && fits(asRecord(end.payload), payload));
  });
}

const fits = (end: Record<string, unknown>, shown: Record<string, unknown>): boolean =>
  end["key"] === undefined || end["key"] === "" || end["key"] === shown["key"];

/** What a person chose, at the revision that was newest then. `id: null`: closed. */
export type PanelChoice = { id: string | null; at: number };

/** The choice holds until the app shows something newer. */
export function shownPreview(previews: readonly BlockItem[], choice: PanelChoice): BlockItem | null {
  const newest = previews[0];
  if (!newest) return null;
  if (choice.at >= newest.revision) return previews.find((item) => item.id === choice.id) ?? null;
  return newest;
}
