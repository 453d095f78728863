/** What the parts of a chat may do. The value stays the same while a chat is open, so nothing is drawn again for it. */
import type { AppInfo } from "@capsule/api";
import { createContext, use } from "react";
import type { Draft } from "./composer/outbox.ts";

export type ChatActions = {
  app: AppInfo;
  sessionId: string | null;
  send: (draft: Draft) => void;
  retry: (turnId: string) => void;
  openPanel: (blockId: string) => void;
  /** Opens a page of the app: `connections`, a page's name, or an address. */
  navigate: (target: string) => void;
};

export const ChatContext = createContext<ChatActions | null>(null);

export function useChat(): ChatActions {
  const chat = use(ChatContext);
  if (!chat) throw new Error("Parts of a chat are drawn inside of ChatContext");
  return chat;
}
