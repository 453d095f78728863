import type { AgentTurn } from "@capsule/api";
import { Button } from "@capsule/ui";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
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
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [isFollowing, setIsFollowing] = useState(true);
  const follow = (isOn: boolean): void => {
    following.current = isOn;
    setIsFollowing(isOn);
  };
  const toEnd = (): void => {
    follow(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useEffect(() => {
    const element = box.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (exchanges.length === 0) return;
    following.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [exchanges.length]);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        tabIndex={0}
        role="region"
        aria-label="Conversation"
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-3px]"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
          follow(scrollHeight - scrollTop - clientHeight < NEAR_END_PX)
        }
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
      {!isFollowing && (
        <Button
          size="icon"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
          aria-label="To the newest message"
          onClick={toEnd}
        >
          <ArrowDown />
        </Button>
      )}
    </div>
  );
}
