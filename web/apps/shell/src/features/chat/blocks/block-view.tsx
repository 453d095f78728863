import { lazy, Suspense, type ComponentType } from "react";
import type { BlockItem } from "../log/chat-items.ts";
import { ApprovalPrompt } from "../prompts/approval-prompt.tsx";
import { FilePrompt } from "../prompts/file-prompt.tsx";
import { IntegrationPrompt } from "../prompts/integration-prompt.tsx";
import { BlockBoundary } from "./block-boundary.tsx";
import { ImageBlock, MediaBlock } from "./media-block.tsx";
import { NoteBlock } from "./note-block.tsx";
import { PreviewBlock } from "./preview-block.tsx";
import { SuggestionsBlock } from "./suggestions-block.tsx";
import { TaskCard } from "./task-card.tsx";
import { UnknownBlock } from "./unknown-block.tsx";
import { asRecord } from "./payload.ts";

const TerminalBlock = lazy(() => import("./terminal-block.tsx"));
const FileLink = lazy(() => import("./file-link.tsx"));

export type BlockProps = { item: BlockItem };

const BLOCKS: Record<string, ComponentType<BlockProps>> = {
  approval_prompt: ApprovalPrompt,
  file_upload: FilePrompt,
  integration_prompt: IntegrationPrompt,
  suggestions: SuggestionsBlock,
  image: ImageBlock,
  video: MediaBlock,
  media: MediaBlock,
  terminal: TerminalBlock,
  task_card: TaskCard,
  notification: NoteBlock,
  browser_preview: PreviewBlock,
  table_preview: PreviewBlock,
  ui_preview: PreviewBlock,
};

/** Kinds that are told to the page and show nothing in the conversation. */
const SILENT = new Set(["widget_update", "session_event", "onboarding_complete"]);
/** Kinds that a person has to answer. */
const PROMPTS = new Set(["approval_prompt", "file_upload", "integration_prompt"]);

export function BlockView({ item }: BlockProps) {
  if (item.isStub || SILENT.has(item.type)) return null;
  const payload = asRecord(item.payload);
  if (payload["close"] === true) return null;
  const Block = payload["_type"] === "file" ? FileLink : Object.hasOwn(BLOCKS, item.type) ? BLOCKS[item.type] : undefined;
  return (
    <div
      data-testid={PROMPTS.has(item.type) ? "prompt" : "block"}
      data-type={item.type}
      data-block-id={item.id}
      className="min-w-0 empty:hidden"
    >
      <BlockBoundary fallback={<UnknownBlock item={item} />}>
        <Suspense fallback={<div className="h-10" />}>{Block ? <Block item={item} /> : <UnknownBlock item={item} />}</Suspense>
      </BlockBoundary>
    </div>
  );
}
