/** One shell as a terminal needs it: reads on after every break, sends keys in order, remembers itself over a reload. */
import {
  asProblem,
  closeShell,
  followEvents,
  openShell,
  resizeShell,
  shellStreamUrl,
  writeShell,
  type Shell,
} from "@capsule/api";

export type SessionState = { kind: "opening" } | { kind: "open" } | { kind: "broken" } | { kind: "ended"; reason: string };
type Size = { columns: number; rows: number };
type Screen = { write: (data: Uint8Array) => void; clear: () => void };

const KEY = "capsule-shell:";
const RETRY_MS = 700;

export class ShellSession {
  readonly #replica: string;
  readonly #screen: Screen;
  readonly #onState: (state: SessionState) => void;
  #shell: string | null = null;
  #stop: () => void = () => undefined;
  #keys: Uint8Array[] = [];
  #isSending = false;
  #isOver = false;

  constructor(replica: string, screen: Screen, onState: (state: SessionState) => void) {
    this.#replica = replica;
    this.#screen = screen;
    this.#onState = onState;
  }

  /** Go on with the shell of before a reload, or open one. */
  async start(size: Size): Promise<void> {
    this.#onState({ kind: "opening" });
    const known = sessionStorage.getItem(KEY + this.#replica);
    if (known !== null) {
      this.#shell = known;
      this.#follow();
      this.resize(size);
      return;
    }
    try {
      const shell: Shell = await openShell(this.#replica, size);
      if (this.#isOver) return void closeShell(this.#replica, shell.id);
      this.#shell = shell.id;
      sessionStorage.setItem(KEY + this.#replica, shell.id);
      this.#follow();
    } catch (error) {
      const problem = asProblem(error);
      this.#end([problem.detail, problem.hint].filter(Boolean).join(" "));
    }
  }

  type(text: string): void {
    this.#keys.push(new TextEncoder().encode(text));
    void this.#send();
  }

  resize(size: Size): void {
    if (this.#shell !== null && !this.#isOver) resizeShell(this.#replica, this.#shell, size).catch(() => undefined);
  }

  /** Stop looking; the shell lives on for some minutes. */
  leave(): void {
    this.#isOver = true;
    this.#stop();
  }

  /** End the shell and every process of it. */
  close(): void {
    if (this.#shell !== null) void closeShell(this.#replica, this.#shell).catch(() => undefined);
  }

  #follow(): void {
    const shell = this.#shell ?? "";
    this.#screen.clear();
    let position = 0;
    this.#stop = followEvents(shellStreamUrl(this.#replica, shell, 0), {
      onEvent: (event) => {
        if (event.event === "output") {
          const piece = JSON.parse(event.data) as { offset: number; data: string };
          const bytes = Uint8Array.from(atob(piece.data), (character) => character.charCodeAt(0));
          const unseen = piece.offset < position ? bytes.subarray(position - piece.offset) : bytes;
          position = Math.max(position, piece.offset + bytes.length);
          if (unseen.length > 0) this.#screen.write(unseen);
        } else if (event.event === "end") {
          this.#end((JSON.parse(event.data) as { reason: string }).reason);
        }
      },
      onState: (state) => {
        if (this.#isOver) return;
        if (state === "open") {
          this.#onState({ kind: "open" });
          void this.#send();
        } else if (state === "waiting") this.#onState({ kind: "broken" });
      },
      onProblem: (problem) => this.#end(problem.code === "shell_not_found" ? "The shell is gone." : problem.detail),
    });
  }

  /** One request at a time, so that keys arrive in the order in which they were pressed. */
  async #send(): Promise<void> {
    if (this.#isSending || this.#shell === null) return;
    this.#isSending = true;
    try {
      while (this.#keys.length > 0 && !this.#isOver) {
        const waiting = this.#keys;
        this.#keys = [];
        try {
          await writeShell(this.#replica, this.#shell, base64(waiting));
        } catch (error) {
          if (asProblem(error).status !== 0 && asProblem(error).status < 500) return;
          this.#keys = [...waiting, ...this.#keys];
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    } finally {
      this.#isSending = false;
    }
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop();
    sessionStorage.removeItem(KEY + this.#replica);
    this.#onState({ kind: "ended", reason });
  }
}

function base64(chunks: readonly Uint8Array[]): string {
  let text = "";
  for (const chunk of chunks) for (const byte of chunk) text += String.fromCharCode(byte);
  return btoa(text);
}
