/** Passes `session_event`s on to whoever shows something of that session: pages, widgets. Nothing is kept. */
import type { LiveEvent } from "@capsule/api";

export type SessionSignal = { event: string; payload: unknown };
type Listener = (signal: SessionSignal) => void;

const listeners = new Map<string, Set<Listener>>();

export function onSessionSignal(sessionId: string, listener: Listener): () => void {
  const those = listeners.get(sessionId) ?? new Set();
  listeners.set(sessionId, those.add(listener));
  return () => {
    those.delete(listener);
    if (those.size === 0) listeners.delete(sessionId);
  };
}

export function emitSessionSignal(sessionId: string, data: Extract<LiveEvent, { type: "session_event" }>["data"]): void {
  const { event, payload, data: snapshot } = data;
  for (const listener of listeners.get(sessionId) ?? []) listener({ event, payload: payload ?? snapshot });
}
