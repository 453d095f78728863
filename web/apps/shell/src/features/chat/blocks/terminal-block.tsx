import { CopyButton, cn } from "@capsule/ui";
import { ChevronDown, SquareTerminal } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { plainText, terminalSpans } from "./ansi.ts";
import type { BlockProps } from "./block-view.tsx";
import { asList, asRecord, numberOf, textOf, type Payload } from "./payload.ts";

/** A transcript of commands, newest at the end. */
export default function TerminalBlock({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const runs = asList(payload["runs"]).map(asRecord);
  const [isOpen, setIsOpen] = useState(true);
  const title = textOf(payload, "title") || textOf(payload, "name") || "Terminal";
  const last = runs.at(-1);
  const transcript = runs.map((run) => `$ ${textOf(run, "command")}\n${plainText(outputOf(run))}`).join("\n");
  return (
    <section className="overflow-hidden rounded-lg border bg-sunken" aria-label={title}>
      <header className="flex h-9 items-center gap-2 border-b pr-1.5 pl-3 text-xs">
        <SquareTerminal className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
        <span className="truncate font-medium">{title}</span>
        {last && <RunStatus run={last} />}
        <span className="ml-auto flex items-center">
          <CopyButton text={transcript} label="Copy the transcript" />
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={isOpen ? "Fold the terminal" : "Unfold the terminal"}
            onClick={() => setIsOpen(!isOpen)}
            className="grid size-7 place-items-center rounded-md text-ink-soft hover:bg-hover"
          >
            <ChevronDown className={cn("size-3.5 transition-transform", !isOpen && "-rotate-90")} aria-hidden />
          </button>
        </span>
      </header>
      {isOpen && <Transcript runs={runs} />}
    </section>
  );
}

function Transcript({ runs }: { runs: Payload[] }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  return (
    <div
      ref={box}
      tabIndex={0}
      className="max-h-80 overflow-auto px-3 py-2 font-mono text-xs leading-5"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {runs.length === 0 && <p className="text-ink-faint">Nothing has run yet.</p>}
      {runs.map((run, index) => (
        <Run key={textOf(run, "id") || index} run={run} />
      ))}
    </div>
  );
}

function Run({ run }: { run: Payload }) {
  const output = outputOf(run);
  const spans = useMemo(() => terminalSpans(output), [output]);
  return (
    <div className="not-first:mt-2">
      <p className="break-all whitespace-pre-wrap">
        <span className="text-ink-faint select-none">$ </span>
        <span className="font-semibold">{textOf(run, "command")}</span>
      </p>
      <pre className="whitespace-pre-wrap break-words">
        {spans.map((span, index) => (
          <span
            key={index}
            className={cn(span.isBold && "font-semibold", span.isDim && "opacity-70")}
            style={span.colour === null ? undefined : { color: span.colour }}
          >
            {span.text}
          </span>
        ))}
      </pre>
    </div>
  );
}

const TONES: Record<string, string> = {
  running: "bg-busy-soft text-busy-text",
  completed: "bg-good-soft text-good-text",
  failed: "bg-bad-soft text-bad-text",
  timeout: "bg-bad-soft text-bad-text",
};

function RunStatus({ run }: { run: Payload }) {
  const status = textOf(run, "status");
  const code = numberOf(run, "exit_code");
  return (
    <span className={cn("rounded-full px-2 text-2xs font-medium", TONES[status] ?? "bg-hover text-ink-soft")}>
      {status === "timeout" ? "timed out" : status}
      {code !== null && code !== 0 && ` · exit ${String(code)}`}
    </span>
  );
}

const outputOf = (run: Payload): string => asList(run["chunks"]).map((chunk) => textOf(asRecord(chunk), "text")).join("");
