import { appHost, asProblem, type ProblemError } from "@capsule/api";
import { useState } from "react";
import { newClientId } from "./client-id.ts";

/** A message on its way: shown at once, gone when its event arrives. */
export type OutboxEntry = {
  clientId: string;
  sessionId: string | null;
  text: string;
  state: "sending" | "sent" | "failed";
  problem: ProblemError | null;
};

export type Outbox = {
  entries: OutboxEntry[];
  send: (text: string) => void;
  retry: (entry: OutboxEntry) => void;
  discard: (entry: OutboxEntry) => void;
};

const TRIES = 4;

/** The same client id makes every retry the same message, so sending again never doubles it. */
async function deliver(sessionId: string, text: string, clientId: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await appHost.sendMessage(sessionId, text, clientId);
      return;
    } catch (error) {
      if (attempt >= TRIES || !asProblem(error).isTransient) throw error;
      await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** attempt));
    }
  }
}

/** Sends messages; the first one of a new chat creates the session. */
export function useOutbox(sessionId: string | null, onSession: (id: string) => void): Outbox {
  const [entries, setEntries] = useState<OutboxEntry[]>([]);
  const change = (clientId: string, part: Partial<OutboxEntry>): void =>
    setEntries((before) => before.map((entry) => (entry.clientId === clientId ? { ...entry, ...part } : entry)));

  async function run(entry: OutboxEntry): Promise<void> {
    try {
      let target = entry.sessionId;
      if (target === null) {
        target = (await appHost.createSession()).id;
        change(entry.clientId, { sessionId: target });
        onSession(target);
      }
      await deliver(target, entry.text, entry.clientId);
      change(entry.clientId, { state: "sent" });
    } catch (error) {
      change(entry.clientId, { state: "failed", problem: asProblem(error) });
    }
  }

  return {
    entries,
    send: (text) => {
      const entry: OutboxEntry = { clientId: newClientId(), sessionId, text, state: "sending", problem: null };
      setEntries((before) => [...before, entry]);
      void run(entry);
    },
    retry: (entry) => {
      change(entry.clientId, { state: "sending", problem: null });
      void run(entry);
    },
    discard: (entry) => setEntries((before) => before.filter((other) => other.clientId !== entry.clientId)),
  };
}
