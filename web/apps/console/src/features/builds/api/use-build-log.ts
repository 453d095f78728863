import { buildLogsUrl, followEvents, keys, type LogLine } from "@capsule/api";
import { appendLines, emptyLog, type LogBuffer } from "@capsule/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** The log of one build, live until it ends. Line numbers guard against lines sent twice. */
export function useBuildLog(buildId: string, capsuleKey: string): { log: LogBuffer; isLive: boolean } {
  const queryClient = useQueryClient();
  const [log, setLog] = useState<LogBuffer>(emptyLog);
  const [isLive, setIsLive] = useState(true);

  useEffect(() => {
    let pending: LogLine[] = [];
    let frame = 0;
    let last = -1;
    const flush = (): void => {
      frame = 0;
      const lines = pending;
      pending = [];
      setLog((before) => appendLines(before, lines, 20_000));
    };
    const stop = followEvents(buildLogsUrl(buildId), {
      onEvent: (event) => {
        if (event.event === "line") {
          const number = event.id === null ? Number.NaN : Number(event.id);
          if (number <= last) return;
          if (Number.isFinite(number)) last = number;
          pending.push(JSON.parse(event.data) as LogLine);
          frame ||= requestAnimationFrame(flush);
        } else if (event.event === "end") {
          setIsLive(false);
          stop();
          void queryClient.invalidateQueries({ queryKey: keys.builds(capsuleKey) });
          void queryClient.invalidateQueries({ queryKey: keys.releases(capsuleKey) });
          void queryClient.invalidateQueries({ queryKey: keys.capsule(capsuleKey), exact: true });
        }
      },
      onProblem: () => setIsLive(false),
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [buildId, capsuleKey, queryClient]);

  return { log, isLive };
}
