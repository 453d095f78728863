import { memo } from "react";
import { BlockView } from "../blocks/block-view.tsx";
import type { ChatItem } from "../log/chat-items.ts";
import { MessageBubble } from "./message-bubble.tsx";
import { Reply } from "./reply.tsx";
import { TurnEnd } from "./turn-end.tsx";

type ChatItemViewProps = { item: ChatItem; isQueued: boolean; retryTurn: string | null };

/** Only the item that changed is drawn again while a reply streams. */
export const ChatItemView = memo(function ChatItemView({ item, isQueued, retryTurn }: ChatItemViewProps) {
  switch (item.kind) {
    case "message":
      return <MessageBubble text={item.text} attachments={item.attachments} at={item.at} isQueued={isQueued} />;
    case "reply":
      return <Reply item={item} retryTurn={retryTurn} />;
    case "block":
      return <BlockView item={item} />;
    case "turn-end":
      return <TurnEnd item={item} retryTurn={retryTurn} />;
  }
});
