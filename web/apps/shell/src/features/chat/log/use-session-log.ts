import {
  appHost,
  asProblem,
  followEvents,
  type AppStateData,
  type ProblemError,
  type SessionEvent,
  type StreamState,
} from "@capsule/api";
import { startTransition, useEffect, useEffectEvent, useRef, useState } from "react";
import { prependEvents } from "./older-page.ts";
import { emitSessionSignal } from "./session-bus.ts";
import { applyEvents, emptySession, type SessionLog } from "./session-log.ts";

/** Deltas come faster than a page needs to paint. */
const FLUSH_MS = 33;
const PAGE_EVENTS = 400;
/** Larger than every offset: the newest page. */
const NEWEST = Number.MAX_SAFE_INTEGER;
const RETRY_MS = 3000;

export type LiveSession = {
  log: SessionLog;
  state: StreamState;
  problem: ProblemError | null;
  /** Older messages exist that are not here yet. */
  hasOlder: boolean;
  isLoadingOlder: boolean;
  loadOlder: () => void;
};

type State = Omit<LiveSession, "loadOlder"> & { oldest: number };

const idle: State = { log: emptySession, state: "connecting", problem: null, hasOlder: false, isLoadingOlder: false, oldest: 0 };

/** Read the newest page of a session, follow it from there, and go back in pages. */
export function useSessionLog(sessionId: string | null, onAppState: (data: AppStateData) => void): LiveSession {
  const [session, setSession] = useState<State>(idle);
  const [shownId, setShownId] = useState(sessionId);
  const current = useRef(sessionId);
  if (shownId !== sessionId) {
    setShownId(sessionId);
    setSession(idle);
  }

  const tellAppState = useEffectEvent(onAppState);
  useEffect(() => {
    current.current = sessionId;
    if (sessionId === null) return;
    return follow(
      sessionId,
      (step) => setSession(step),
      (data) => tellAppState(data),
    );
  }, [sessionId]);

  const loadOlder = (): void => {
    if (sessionId === null || !session.hasOlder || session.isLoadingOlder) return;
    setSession((before) => ({ ...before, isLoadingOlder: true }));
    appHost.getLogBefore(sessionId, session.oldest, PAGE_EVENTS).then(
      (page) => {
        if (current.current !== sessionId) return;
        setSession((before) => ({
          ...before,
          log: prependEvents(before.log, page.items),
          oldest: page.items[0]?.offset ?? before.oldest,
          hasOlder: page.first === false && page.items.length > 0,
          isLoadingOlder: false,
        }));
      },
      () => {
        if (current.current === sessionId) setSession((before) => ({ ...before, isLoadingOlder: false }));
      },
    );
  };

  const { log, state, problem, hasOlder, isLoadingOlder } = session;
  return { log, state, problem, hasOlder, isLoadingOlder, loadOlder };
}

type Change = (step: (before: State) => State) => void;

function follow(sessionId: string, change: Change, onAppState: (data: AppStateData) => void): () => void {
  let pending: SessionEvent[] = [];
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let stopStream: (() => void) | undefined;
  let isGone = false;

  const flush = (): void => {
    flushTimer = undefined;
    const events = pending;
    pending = [];
    // What one types comes first.
    startTransition(() => change((before) => ({ ...before, log: applyEvents(before.log, events) })));
  };
  const onEvent = (text: string): void => {
    const event = JSON.parse(text) as SessionEvent;
    if (event.type === "session_event") {
      emitSessionSignal(sessionId, event.data);
      return;
    }
    if (event.type === "app_state") {
      onAppState(event.data);
      return;
    }
    pending.push(event);
    flushTimer ??= setTimeout(flush, FLUSH_MS);
  };
  const start = async (): Promise<void> => {
    try {
      const page = await appHost.getLogBefore(sessionId, NEWEST, PAGE_EVENTS);
      if (isGone) return;
      const log = applyEvents(emptySession, page.items);
      const hasOlder = page.first === false && page.items.length > 0;
      change((before) => ({ ...before, log, hasOlder, oldest: page.items[0]?.offset ?? 0, problem: null }));
      stopStream = followEvents(
        appHost.sessionEventsUrl(sessionId, log.offset),
        {
          onEvent: (event) => onEvent(event.data),
          onState: (state) => change((before) => ({ ...before, state })),
          onProblem: (problem) => change((before) => ({ ...before, problem })),
        },
        String(log.offset),
      );
    } catch (error) {
      if (isGone) return;
      const problem = asProblem(error);
      if (problem.isTransient || problem.status >= 500) {
        change((before) => ({ ...before, state: "waiting" }));
        retryTimer = setTimeout(() => void start(), RETRY_MS);
      } else change((before) => ({ ...before, state: "closed", problem }));
    }
  };

  void start();
  return () => {
    isGone = true;
    stopStream?.();
    clearTimeout(flushTimer);
    clearTimeout(retryTimer);
  };
}
