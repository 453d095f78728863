import { capsuleLogsUrl, followEvents, type LogLine, type StreamState } from "@capsule/api";
import { appendLines, emptyLog, unseenLines, type LogBuffer } from "@capsule/ui";
import { useEffect, useRef, useState } from "react";

const TAIL = 500;
const MOST_HELD = 4000;
const FLUSH_MS = 60;

export type LiveLog = {
  log: LogBuffer;
  isPaused: boolean;
  /** Lines that arrived while paused. */
  held: number;
  state: StreamState;
  setIsPaused: (isPaused: boolean) => void;
};

/** Follow the log of a capsule. While paused, new lines are held back and counted. */
export function useCapsuleLog(capsule: string): LiveLog {
  const [log, setLog] = useState<LogBuffer>(emptyLog);
  const [held, setHeld] = useState(0);
  const [state, setState] = useState<StreamState>("connecting");
  const [isPaused, setPaused] = useState(false);
  const pending = useRef<LogLine[]>([]);
  const paused = useRef(false);

  function flush(): void {
    if (paused.current) {
      pending.current = pending.current.slice(-MOST_HELD);
      setHeld(pending.current.length);
      return;
    }
    const lines = pending.current;
    pending.current = [];
    setHeld(0);
    setLog((before) => appendLines(before, unseenLines(before, lines)));
  }

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = followEvents(capsuleLogsUrl(capsule, TAIL), {
      onEvent: (event) => {
        if (event.event !== "line") return;
        pending.current.push(JSON.parse(event.data) as LogLine);
        timer ??= setTimeout(() => {
          timer = undefined;
          flush();
        }, FLUSH_MS);
      },
      onState: setState,
    });
    return () => {
      stop();
      clearTimeout(timer);
      pending.current = [];
    };
  }, [capsule]);

  const setIsPaused = (next: boolean): void => {
    paused.current = next;
    setPaused(next);
    flush();
  };
  return { log, isPaused, held, state, setIsPaused };
}
