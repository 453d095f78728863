import type { AgentPart } from "@capsule/api";
import { Button, cn, useGrownHeight } from "@capsule/ui";
import { ArrowUp, FileText, Paperclip, Square, X } from "lucide-react";
import { useRef, useState, type KeyboardEvent } from "react";
import { imageAddress, MOST_BYTES, readAttachment, type Attachment } from "../attachments.ts";

type ComposerProps = {
  name: string;
  isEnabled: boolean;
  isRunning: boolean;
  onSend: (parts: AgentPart[]) => void;
  onStop: () => void;
};

const TALLEST_PX = 200;

/** Enter sends, Shift+Enter makes a new line. Files are chosen, pasted or dropped. */
export function Composer({ name, isEnabled, isRunning, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState("");
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const area = useGrownHeight(text, TALLEST_PX);
  const picker = useRef<HTMLInputElement>(null);
  const canSend = isEnabled && !isRunning && (text.trim() !== "" || attachments.length > 0);

  const add = async (files: File[]): Promise<void> => {
    if (files.length === 0) return;
    const results = await Promise.allSettled(files.map(readAttachment));
    const read = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [String((result.reason as Error).message)] : []));
    const all = [...attachments, ...read];
    const isTooMuch = all.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES;
    if (!isTooMuch) setAttachments(all);
    setProblem(isTooMuch ? "These files are too large for one message." : refused.length > 0 ? refused.join(" ") : null);
  };
  const send = (): void => {
    if (!canSend) return;
    const words: AgentPart[] = text.trim() === "" ? [] : [{ type: "text", text: text.trim() }];
    onSend([...words, ...attachments.map(({ part }) => part)]);
    setText("");
    setAttachments([]);
    setProblem(null);
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      aria-label="Message"
      className="mx-auto w-full max-w-3xl px-3 pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        void add([...event.dataTransfer.files]);
      }}
    >
      {problem !== null && (
        <p role="alert" className="mb-1.5 text-xs text-bad-text">
          {problem}
        </p>
      )}
      <div
        className={cn(
          "rounded-2xl border border-line-strong bg-surface p-2 shadow-soft transition-colors has-[textarea:focus-visible]:border-accent",
          isOver && "border-accent bg-accent-soft",
        )}
      >
        {attachments.length > 0 && (
          <ul className="flex flex-wrap gap-1.5 px-1 pb-2">
            {attachments.map((attachment, index) => (
              <AttachmentChip
                key={index}
                part={attachment.part}
                onRemove={() => setAttachments(attachments.toSpliced(index, 1))}
              />
            ))}
          </ul>
        )}
        <div className="flex items-end gap-1.5">
          <Button
            tone="quiet"
            size="icon"
            className="rounded-xl"
            aria-label="Attach pictures or text files"
            title="Attach pictures or text files"
            onClick={() => picker.current?.click()}
          >
            <Paperclip />
          </Button>
          <textarea
            ref={area}
            aria-label="Message"
            rows={1}
            placeholder={`Message ${name}`}
            className="max-h-50 min-h-8 min-w-0 flex-1 resize-none bg-transparent py-1 text-[0.9375rem] leading-6 outline-none"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              const files = [...event.clipboardData.files];
              if (files.length === 0) return;
              event.preventDefault();
              void add(files);
            }}
          />
          {isRunning ? (
            <Button size="icon" className="rounded-xl" aria-label="Stop" title="Stop" onClick={onStop}>
              <Square className="fill-current" />
            </Button>
          ) : (
            <Button type="submit" tone="primary" size="icon" className="rounded-xl" aria-label="Send" disabled={!canSend}>
              <ArrowUp />
            </Button>
          )}
        </div>
      </div>
      <input
        ref={picker}
        type="file"
        multiple
        className="sr-only"
        tabIndex={-1}
        aria-label="Files"
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </form>
  );
}

function AttachmentChip({ part, onRemove }: { part: Attachment["part"]; onRemove: () => void }) {
  return (
    <li className="flex items-center gap-1.5 rounded-lg border bg-sunken py-1 pr-1 pl-1.5 text-xs">
      {part.type === "image" ? (
        <img src={imageAddress(part.base64)} alt="" className="size-7 rounded-sm object-cover" />
      ) : (
        <FileText className="size-4 text-ink-faint" aria-hidden />
      )}
      <span className="max-w-40 truncate">{part.name}</span>
      <Button tone="quiet" size="icon-sm" className="size-6" aria-label={`Remove ${part.name}`} onClick={onRemove}>
        <X />
      </Button>
    </li>
  );
}
