/**
 * Messages on their way: shown at once, sent one after the other, gone when their event arrives.
 *
 * While the network is away they wait and go out later. A client id makes every repetition the same message,
 * so nothing is said twice, not even when this page is loaded again in between.
 */
import { appHost, asProblem, type Attachment, type OutgoingMessage, type ProblemError } from "@capsule/api";
import { newClientId } from "./client-id.ts";

export type OutboxEntry = {
  clientId: string;
  /** Null until the first message of a new chat has created its session. */
  sessionId: string | null;
  text: string;
  attachments: Attachment[];
  chat?: string;
  action?: string;
  payload?: Record<string, unknown>;
  /** `waiting`: the server cannot be reached at the moment. */
  state: "sending" | "waiting" | "sent" | "failed";
  problem: ProblemError | null;
};

export type Draft = Pick<OutboxEntry, "text"> & Partial<Pick<OutboxEntry, "attachments" | "chat" | "action" | "payload">>;

const STORE = "capsule-outbox";
const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 15_000;

export class Outbox {
  entries: readonly OutboxEntry[] = [];
  #onSession: (id: string) => void = () => undefined;
  readonly #listeners = new Set<() => void>();
  #isRunning = false;

  constructor() {
    this.entries = readStored();
    if (this.entries.length > 0) void this.#run();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  snapshot = (): readonly OutboxEntry[] => this.entries;

  /** `listener` is told when the first message of a new chat has created its session. */
  tellSessions(listener: (id: string) => void): void {
    this.#onSession = listener;
  }

  send(sessionId: string | null, draft: Draft): void {
    const entry: OutboxEntry = {
      attachments: [],
      ...draft,
      clientId: newClientId(),
      sessionId,
      state: "sending",
      problem: null,
    };
    this.#set([...this.entries, entry]);
    void this.#run();
  }

  retry(clientId: string): void {
    this.#change(clientId, { state: "sending", problem: null });
    void this.#run();
  }

  discard(clientId: string): void {
    this.#set(this.entries.filter((entry) => entry.clientId !== clientId));
  }

  /** Forget what the log of the session has by now. */
  settle(hasArrived: (clientId: string) => boolean): void {
    const left = this.entries.filter((entry) => entry.state !== "sent" || !hasArrived(entry.clientId));
    if (left.length < this.entries.length) this.#set(left);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let wait = FIRST_WAIT_MS;
    for (;;) {
      const entry = this.entries.find(({ state }) => state === "sending" || state === "waiting");
      if (!entry) break;
      try {
        await this.#deliver(entry);
        wait = FIRST_WAIT_MS;
      } catch (error) {
        const problem = asProblem(error);
        if (problem.code === "client_error" || !problem.isTransient) {
          this.#change(entry.clientId, { state: "failed", problem });
          continue;
        }
        // Those behind it wait with it.
        this.#set(this.entries.map((one) => (one.state === "sending" ? { ...one, state: "waiting", problem } : one)));
        await untilOnline(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }
    this.#isRunning = false;
  }

  async #deliver(entry: OutboxEntry): Promise<void> {
    let target = entry.sessionId;
    if (target === null) {
      const created = await appHost.createSession(entry.chat === undefined ? {} : { chat: entry.chat });
      target = created.id;
      // What was written meanwhile belongs to the same new chat.
      this.#set(this.entries.map((other) => (other.sessionId === null ? { ...other, sessionId: created.id } : other)));
      this.#onSession(target);
    }
    await appHost.sendMessage(target, messageOf(entry));
    if (entry.action === undefined) this.#change(entry.clientId, { state: "sent", problem: null });
    else this.discard(entry.clientId);
  }

  #change(clientId: string, part: Partial<OutboxEntry>): void {
    this.#set(this.entries.map((entry) => (entry.clientId === clientId ? { ...entry, ...part } : entry)));
  }

  #set(entries: readonly OutboxEntry[]): void {
    this.entries = entries;
    store(entries);
    for (const listener of this.#listeners) listener();
  }
}

function messageOf({ text, clientId, attachments, action, payload }: OutboxEntry): OutgoingMessage {
  return {
    text,
    client_id: clientId,
    ...(attachments.length > 0 ? { attachments: attachments.map((file) => file.id) } : {}),
    ...(action === undefined ? {} : { action, payload: payload ?? {} }),
  };
}

function untilOnline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    window.addEventListener("online", wake);
  });
}

function readStored(): OutboxEntry[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
    if (!Array.isArray(found)) return [];
    return (found as OutboxEntry[]).map((entry) => ({ ...entry, state: "waiting", problem: null }));
  } catch {
    return []; // Storage may be switched off, or hold something of an older page.
  }
}

function store(entries: readonly OutboxEntry[]): void {
  const open = entries.filter(({ state }) => state === "sending" || state === "waiting");
  try {
    if (open.length === 0) sessionStorage.removeItem(STORE);
    else sessionStorage.setItem(STORE, JSON.stringify(open.map((entry) => ({ ...entry, problem: null }))));
  } catch {
    // Without storage a reload forgets what was not sent.
  }
}
