import type { AgentTurn } from "@capsule/api";
import { Button, Notice } from "@capsule/ui";
import { CircleStop, FileText, RotateCw } from "lucide-react";
import { lazy, memo, Suspense, type ReactNode } from "react";
import type { Exchange } from "../api/use-agent-chat.ts";
import { imageAddress } from "../attachments.ts";

const Markdown = lazy(() => import("@capsule/blocks/markdown"));

type Part = AgentTurn["content"][number];

/** A turn of the history. */
export const TurnView = memo(function TurnView({ turn }: { turn: AgentTurn }) {
  return turn.role === "user" ? <Question parts={turn.content} /> : <Answer text={textOf(turn.content)} />;
});

type ExchangeViewProps = { exchange: Exchange; onRetry: (exchange: Exchange) => void };

export const ExchangeView = memo(function ExchangeView({ exchange, onRetry }: ExchangeViewProps) {
  const { question, answer, state, problem } = exchange;
  return (
    <>
      <Question parts={question} />
      {answer !== "" && <Answer text={answer} isBusy={state === "running"} />}
      {state === "running" && answer === "" && (
        <p role="status" className="flex items-center gap-2 text-sm text-ink-faint">
          <span className="size-2 animate-breathe rounded-full bg-accent" aria-hidden /> Thinking
        </p>
      )}
      {state === "stopped" && (
        <p className="flex items-center gap-1.5 text-xs text-ink-faint">
          <CircleStop className="size-3.5" aria-hidden /> Stopped
        </p>
      )}
      {state === "done" && answer === "" && <p className="text-sm text-ink-faint">The app answered without a text.</p>}
      {problem && (
        <Notice tone="bad" title={answer === "" ? problem.detail : "The answer was cut off."}>
          {answer !== "" && <p>{problem.detail}</p>}
          {problem.hint !== null && <p>{problem.hint}</p>}
          <Button size="sm" className="mt-2" onClick={() => onRetry(exchange)}>
            <RotateCw /> Try again
          </Button>
        </Notice>
      )}
    </>
  );
});

const textOf = (parts: readonly Part[]): string =>
  parts.flatMap((part) => ("text" in part && part.type !== "file" ? [part.text] : [])).join("\n\n");

function Question({ parts }: { parts: readonly Part[] }) {
  return (
    <div className="ml-auto flex max-w-[85%] flex-col items-end gap-1.5" data-testid="agent-turn" data-role="user">
      {parts.map((part, index) => (
        <QuestionPart key={index} part={part} />
      ))}
    </div>
  );
}

function QuestionPart({ part }: { part: Part }): ReactNode {
  if (part.type === "image") {
    return <img src={imageAddress(part.base64)} alt={part.name} className="max-h-48 max-w-full rounded-xl border" />;
  }
  if (part.type === "file") {
    return (
      <span className="flex items-center gap-1.5 rounded-lg border bg-surface px-2.5 py-1.5 text-xs">
        <FileText className="size-3.5 text-ink-faint" aria-hidden /> {part.name}
      </span>
    );
  }
  return (
    <p className="max-w-full rounded-2xl rounded-br-md bg-accent-soft px-3.5 py-2 text-[0.9375rem] leading-relaxed break-words whitespace-pre-wrap">
      {part.text}
    </p>
  );
}

function Answer({ text, isBusy = false }: { text: string; isBusy?: boolean }) {
  return (
    <article className="min-w-0" aria-busy={isBusy} data-testid="agent-turn" data-role="assistant">
      <Suspense fallback={<p className="prose whitespace-pre-wrap">{text}</p>}>
        <Markdown text={text} />
      </Suspense>
    </article>
  );
}
