import { appHost, followEvents, type ProblemError, type SessionEvent, type StreamState } from "@capsule/api";
import { useEffect, useState } from "react";
import { applyEvents, emptySession, type SessionLog } from "./session-log.ts";

/** Deltas come faster than a page needs to paint. */
const FLUSH_MS = 33;

export type LiveSession = { log: SessionLog; state: StreamState; problem: ProblemError | null };

const idle: LiveSession = { log: emptySession, state: "connecting", problem: null };

/** Replay a session from its start and follow it. Meant to be keyed by the session's id. */
export function useSessionLog(sessionId: string | null): LiveSession {
  const [session, setSession] = useState<LiveSession>(idle);
  const [shownId, setShownId] = useState(sessionId);
  if (shownId !== sessionId) {
    setShownId(sessionId);
    setSession(idle);
  }

  useEffect(() => {
    if (sessionId === null) return;
    let pending: SessionEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      timer = undefined;
      const events = pending;
      pending = [];
      setSession((before) => ({ ...before, log: applyEvents(before.log, events) }));
    };
    const stop = followEvents(
      appHost.sessionEventsUrl(sessionId, 0),
      {
        onEvent: (event) => {
          pending.push(JSON.parse(event.data) as SessionEvent);
          timer ??= setTimeout(flush, FLUSH_MS);
        },
        onState: (state) => setSession((before) => ({ ...before, state })),
        onProblem: (problem) => setSession((before) => ({ ...before, problem })),
      },
      "0",
    );
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [sessionId]);

  return session;
}
