/** What a chat shows, one entry after the other. */
import type { Attachment, TurnStatus } from "@capsule/api";

export type MessageItem = {
  kind: "message";
  id: string;
  text: string;
  at: string;
  turnId: string | null;
  clientId: string | null;
  attachments: readonly Attachment[];
};

export type ReplyItem = {
  kind: "reply";
  id: string;
  text: string;
  at: string;
  turnId: string | null;
  isStreaming: boolean;
  /** The whole text is known; false where a page of the log begins in the middle of a reply. */
  isWhole: boolean;
};

export type BlockItem = {
  kind: "block";
  id: string;
  type: string;
  payload: unknown;
  at: string;
  turnId: string | null;
  /** Only its place is known; the state comes later. */
  isStub: boolean;
  /** Grows whenever a block is put or replaced, so that the newest is known. */
  revision: number;
};

export type TurnEndItem = {
  kind: "turn-end";
  id: string;
  at: string;
  turnId: string | null;
  status: Exclude<TurnStatus, "succeeded">;
  error: string | null;
};

export type ChatItem = MessageItem | ReplyItem | BlockItem | TurnEndItem;

export const itemKey = (item: ChatItem): string => `${item.kind}-${item.id}`;
