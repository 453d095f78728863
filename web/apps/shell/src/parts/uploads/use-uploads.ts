import { asProblem } from "@capsule/api";
import { byteSize } from "@capsule/ui";
import { useEffect, useRef, useState } from "react";
import { uploadFile } from "./upload-file.ts";

export type UploadEntry = {
  key: number;
  file: File;
  /** 0 to 1. */
  done: number;
  state: "uploading" | "complete" | "failed";
  id: string | null;
  problem: string | null;
};

export type Uploads = {
  entries: readonly UploadEntry[];
  add: (files: readonly File[]) => void;
  retry: (key: number) => void;
  remove: (key: number) => void;
  /** Forget the entries; the files stay with the server. */
  clear: () => void;
};

type Where = { sessionId: string | null; promptId?: string; maxBytes?: number };

/** Uploads as soon as files are added; `remove` stops one that is on its way. */
export function useUploads({ sessionId, promptId, maxBytes }: Where): Uploads {
  const [entries, setEntries] = useState<readonly UploadEntry[]>([]);
  const stops = useRef(new Map<number, AbortController>());
  const nextKey = useRef(1);

  useEffect(() => {
    const running = stops.current;
    return () => {
      for (const stop of running.values()) stop.abort();
    };
  }, []);

  const change = (key: number, part: Partial<UploadEntry>): void =>
    setEntries((before) => before.map((entry) => (entry.key === key ? { ...entry, ...part } : entry)));

  const start = (entry: UploadEntry): void => {
    const stop = new AbortController();
    stops.current.set(entry.key, stop);
    uploadFile(entry.file, {
      sessionId,
      ...(promptId === undefined ? {} : { promptId }),
      signal: stop.signal,
      onProgress: (done) => change(entry.key, { done }),
    })
      .then((id) => change(entry.key, { id, done: 1, state: "complete" }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) change(entry.key, { state: "failed", problem: asProblem(error).detail });
      })
      .finally(() => stops.current.delete(entry.key));
  };

  return {
    entries,
    add: (files) => {
      const added = files.map((file): UploadEntry => {
        const isTooLarge = maxBytes !== undefined && file.size > maxBytes;
        const problem = isTooLarge ? `Files have at most ${byteSize(maxBytes)}.` : null;
        const key = nextKey.current++;
        return { key, file, done: 0, state: problem === null ? "uploading" : "failed", id: null, problem };
      });
      setEntries((before) => [...before, ...added]);
      for (const entry of added) if (entry.state === "uploading") start(entry);
    },
    retry: (key) => {
      const entry = entries.find((one) => one.key === key);
      if (!entry) return;
      change(key, { state: "uploading", problem: null, done: 0 });
      start(entry);
    },
    remove: (key) => {
      stops.current.get(key)?.abort();
      setEntries((before) => before.filter((entry) => entry.key !== key));
    },
    clear: () => setEntries([]),
  };
}
