import { asProblem, getAgentHistory, keys, stopAgentAnswer, streamAgentMessage, type AgentPart, type ProblemError } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

/** A question asked on this page, and what came of it. */
export type Exchange = {
  id: number;
  question: AgentPart[];
  answer: string;
  state: "running" | "done" | "stopped" | "failed";
  problem: ProblemError | null;
};

/** History as it was when the page opened, and what was said since. */
export function useAgentChat(capsuleId: string, isEnabled: boolean) {
  const history = useQuery({
    queryKey: keys.agentHistory(capsuleId),
    queryFn: () => getAgentHistory(capsuleId),
    enabled: isEnabled,
    // What is said on the page is added here; reading again would show it twice.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: 1,
  });
  const [exchanges, setExchanges] = useState<Exchange[]>([]);
  const running = useRef<AbortController | null>(null);
  const nextId = useRef(1);
  useEffect(() => () => running.current?.abort(), []);

  const change = (id: number, part: (before: Exchange) => Partial<Exchange>): void =>
    setExchanges((all) => all.map((one) => (one.id === id ? { ...one, ...part(one) } : one)));

  async function run(id: number, question: AgentPart[]): Promise<void> {
    const stop = new AbortController();
    running.current = stop;
    const onChunk = (text: string): void => change(id, ({ answer }) => ({ answer: answer + text }));
    try {
      await streamAgentMessage(capsuleId, question, onChunk, stop.signal);
      change(id, () => ({ state: "done" }));
    } catch (error) {
      if (stop.signal.aborted) change(id, () => ({ state: "stopped" }));
      else change(id, () => ({ state: "failed", problem: asProblem(error) }));
    } finally {
      if (running.current === stop) running.current = null;
    }
  }

  return {
    history,
    exchanges,
    isRunning: exchanges.some((one) => one.state === "running"),
    send: (question: AgentPart[]): void => {
      const id = nextId.current++;
      setExchanges((all) => [...all, { id, question, answer: "", state: "running", problem: null }]);
      void run(id, question);
    },
    /** Ask again after a failure, in the place of the one that failed. */
    retry: ({ id, question }: Exchange): void => {
      change(id, () => ({ answer: "", state: "running", problem: null }));
      void run(id, question);
    },
    stop: (): void => {
      // The app ends its turn too; if it cannot be told, this page at least stops listening.
      void stopAgentAnswer(capsuleId).catch(() => undefined);
      running.current?.abort();
    },
  };
}
