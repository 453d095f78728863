import { useIsWide } from "@capsule/ui";
import { useState } from "react";
import type { BlockItem } from "../log/chat-items.ts";
import type { SessionLog } from "../log/session-log.ts";
import { openPreviews, shownPreview, type PanelChoice } from "./previews.ts";

export type Panel = {
  previews: BlockItem[];
  shown: BlockItem | null;
  open: (blockId: string) => void;
  close: () => void;
};

const NOTHING: PanelChoice = { id: null, at: 0 };

/** What is open beside the chat. Apps open it on wide screens; on phones it would cover the chat, so a tap does. */
export function usePanel(sessionId: string | null, log: SessionLog): Panel {
  const [choice, setChoice] = useState(NOTHING);
  const [shownId, setShownId] = useState(sessionId);
  if (shownId !== sessionId) {
    setShownId(sessionId);
    setChoice(NOTHING);
  }
  const previews = openPreviews(log.items);
  const newest = previews[0]?.revision ?? 0;
  const opensItself = useIsWide();
  const chosen = opensItself || choice.id === null ? choice : { ...choice, at: newest };
  return {
    previews,
    shown: !opensItself && choice.id === null ? null : shownPreview(previews, chosen),
    open: (id) => setChoice({ id, at: newest }),
    close: () => setChoice({ id: null, at: newest }),
  };
}
