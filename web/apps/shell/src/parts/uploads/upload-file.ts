/** Sends a file in pieces; what is lost on the way is sent again from where the server is. */
import { appHost, asProblem } from "@capsule/api";

export const CHUNK_BYTES = 4 * 1024 * 1024;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const LONGEST_SILENCE_MS = 10 * 60_000;

export type UploadOptions = {
  sessionId?: string | null;
  promptId?: string;
  /** 0 to 1. */
  onProgress?: (done: number) => void;
  signal?: AbortSignal;
};

/** Return the id of the complete file. Throws ProblemError, or AbortError when `signal` says so. */
export async function uploadFile(file: File, { sessionId, promptId, onProgress, signal }: UploadOptions = {}): Promise<string> {
  const upload = await patiently(
    () =>
      appHost.startUpload({
        name: file.name || "file",
        size: file.size,
        content_type: file.type || "application/octet-stream",
        ...(sessionId == null ? {} : { session_id: sessionId }),
        ...(promptId === undefined ? {} : { prompt_id: promptId }),
      }),
    signal,
  );
  let offset = upload.offset;
  let isUnsure = false;
  try {
    while (offset < file.size) {
      const step = async (): Promise<number> => {
        if (isUnsure) {
          offset = await appHost.uploadOffset(upload.id);
          isUnsure = false;
          if (offset >= file.size) return offset;
        }
        try {
          return (await appHost.sendChunk(upload.id, offset, file.slice(offset, offset + CHUNK_BYTES), signal)).offset;
        } catch (error) {
          isUnsure = true;
          throw error;
        }
      };
      offset = await patiently(step, signal);
      onProgress?.(file.size === 0 ? 1 : offset / file.size);
    }
  } catch (error) {
    if (signal?.aborted === true) void appHost.discardUpload(upload.id).catch(() => undefined);
    throw error;
  }
  return upload.id;
}

/** Try again while the network is away; a refusal is final. An offset that does not fit is asked for anew. */
async function patiently<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const until = Date.now() + LONGEST_SILENCE_MS;
  let conflicts = 0;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      const problem = asProblem(error);
      const mayPass = problem.code !== "client_error" && (problem.isTransient || (problem.status === 409 && conflicts++ < 3));
      if (!mayPass || Date.now() > until) throw error;
      await pause(wait, signal);
    }
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", wake);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    window.addEventListener("online", wake);
    signal?.addEventListener("abort", wake);
  });
}
