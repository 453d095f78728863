import { capsuleLogsUrl, followEvents, type LogLine, type StreamState } from "@capsule/api";
import { appendLines, emptyLog, unseenLines, type LogBuffer } from "@capsule/ui";
import { useEffect, useRef, useState } from "react";

const TAIL = 300;

export type LiveLog = { log: LogBuffer; held: number; state: StreamState };

/** Follow the log of a capsule. While paused, new lines are held back and counted. */
export function useCapsuleLog(capsule: string, isPaused: boolean): LiveLog {
  const [log, setLog] = useState<LogBuffer>(emptyLog);
  const [held, setHeld] = useState(0);
  const [state, setState] = useState<StreamState>("connecting");
  const pending = useRef<LogLine[]>([]);
  const paused = useRef(isPaused);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      timer = undefined;
      if (paused.current) {
        pending.current = pending.current.slice(-4000);
        setHeld(pending.current.length);
        return;
      }
      const lines = pending.current;
      pending.current = [];
      setHeld(0);
      setLog((before) => appendLines(before, unseenLines(before, lines)));
    };
    const stop = followEvents(capsuleLogsUrl(capsule, TAIL), {
      onEvent: (event) => {
        if (event.event !== "line") return;
        pending.current.push(JSON.parse(event.data) as LogLine);
        timer ??= setTimeout(flush, 60);
      },
      onState: setState,
    });
    return () => {
      stop();
      clearTimeout(timer);
      pending.current = [];
    };
  }, [capsule]);

  useEffect(() => {
    paused.current = isPaused;
    if (isPaused) return;
    const lines = pending.current;
    pending.current = [];
    setHeld(0);
    setLog((before) => appendLines(before, unseenLines(before, lines)));
  }, [isPaused]);

  return { log, held, state };
}
