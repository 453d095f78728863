import { followEvents, keys, runLogsUrl, type LogLine } from "@capsule/api";
import { appendLines, emptyLog, type LogBuffer } from "@capsule/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** The output of one run, live until its end; a broken connection goes on after the last line. */
export function useRunOutput(runId: string, capsuleKey: string): LogBuffer {
  const queryClient = useQueryClient();
  const [log, setLog] = useState<LogBuffer>(emptyLog);

  useEffect(() => {
    let pending: LogLine[] = [];
    let frame = 0;
    const flush = (): void => {
      frame = 0;
      const lines = pending;
      pending = [];
      setLog((before) => appendLines(before, lines));
    };
    const stop = followEvents(runLogsUrl(runId), {
      onEvent: (event) => {
        if (event.event === "line") {
          pending.push(JSON.parse(event.data) as LogLine);
          frame ||= requestAnimationFrame(flush);
          return;
        }
        if (event.event === "end") stop();
        void queryClient.invalidateQueries({ queryKey: keys.runs(capsuleKey) });
      },
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [runId, capsuleKey, queryClient]);

  return log;
}
