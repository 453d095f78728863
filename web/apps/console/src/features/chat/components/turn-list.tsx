import type { AgentTurn } from "@capsule/api";
import { NewestButton, useFollowedEnd } from "@capsule/ui";
import type { Exchange } from "../api/use-agent-chat.ts";
import { ExchangeView, TurnView } from "./turn-view.tsx";

type TurnListProps = {
  turns: readonly AgentTurn[];
  exchanges: readonly Exchange[];
  isRunning: boolean;
  onRetry: (exchange: Exchange) => void;
};

const NEAR_END_PX = 64;

/** Stays at the end while an answer grows, unless the reader scrolled up. */
export function TurnList({ turns, exchanges, isRunning, onRetry }: TurnListProps) {
  const { boxRef, isFollowing, toEnd, onScroll } = useFollowedEnd(NEAR_END_PX, null, exchanges.length);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={boxRef}
        tabIndex={0}
        role="region"
        aria-label="Conversation"
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-3px]"
        onScroll={onScroll}
      >
        <div role="log" aria-label="Messages" aria-busy={isRunning} className="mx-auto flex max-w-3xl flex-col gap-5 px-4 py-5">
          {turns.map((turn, index) => (
            <TurnView key={index} turn={turn} />
          ))}
          {exchanges.map((exchange) => (
            <ExchangeView key={exchange.id} exchange={exchange} onRetry={onRetry} />
          ))}
        </div>
      </div>
      {!isFollowing && <NewestButton onClick={toEnd} />}
    </div>
  );
}
