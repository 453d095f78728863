/**
 * Server-sent events over `fetch`: reconnects with back-off and `Last-Event-ID`, reports its state.
 *
 * The browser's own EventSource hides the status of a refused connection and never says that it waits.
 */
import { problemFromResponse, type ProblemError } from "./problem.ts";

export type StreamEvent = { id: string | null; event: string; data: string };
export type StreamState = "connecting" | "open" | "waiting" | "closed";

export type StreamHandlers = {
  onEvent: (event: StreamEvent) => void;
  onState?: (state: StreamState) => void;
  /** The server refused for good (4xx); the stream is closed. */
  onProblem?: (problem: ProblemError) => void;
};

/** Cuts the text of a stream into events; keeps what is incomplete for the next `push`. */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | null = null;
  readonly #emit: (event: StreamEvent) => void;

  constructor(emit: (event: StreamEvent) => void) {
    this.#emit = emit;
  }

  push(chunk: string): void {
    const text = this.#rest + chunk;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === "") {
      if (this.#data.length > 0) {
        this.#emit({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
      }
      this.#event = "";
      this.#data = [];
      return;
    }
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id") this.#id = value;
  }
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** The server sends a comment every 15 s; a connection silent for three of them is dead. */
const SILENCE_MS = 45_000;

/** Follow `url` until the returned function is called. Reconnecting resumes after the last event seen. */
export function followEvents(url: string, handlers: StreamHandlers, lastEventId: string | null = null): () => void {
  const stop = new AbortController();
  let lastId = lastEventId;
  let wait = FIRST_WAIT_MS;

  const report = (state: StreamState): void => {
    if (!stop.signal.aborted || state === "closed") handlers.onState?.(state);
  };

  async function connectOnce(): Promise<void> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    stop.signal.addEventListener("abort", abort);
    let silence = setTimeout(abort, SILENCE_MS);
    try {
      const response = await fetch(url, {
        credentials: "same-origin",
        cache: "no-store",
        headers: { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) },
        signal: attempt.signal,
      });
      if (!response.ok || !response.body) {
        const problem = await problemFromResponse(response);
        if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          handlers.onProblem?.(problem);
          stop.abort();
        }
        throw problem;
      }
      report("open");
      const parser = new EventParser((event) => {
        if (event.id !== null) lastId = event.id;
        if (!stop.signal.aborted) handlers.onEvent(event);
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        wait = FIRST_WAIT_MS;
        clearTimeout(silence);
        silence = setTimeout(abort, SILENCE_MS);
        parser.push(value);
      }
    } finally {
      clearTimeout(silence);
      stop.signal.removeEventListener("abort", abort);
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      report("connecting");
      try {
        await connectOnce();
      } catch {
        // Reported through the state; the loop tries again.
      }
      if (stop.signal.aborted) break;
      report("waiting");
      await pause(wait, stop.signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    report("closed");
  }

  void run();
  return () => stop.abort();
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds * (0.75 + Math.random() / 2));
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", wake, { once: true });
    window.addEventListener("online", wake, { once: true });
  });
}
