import type { AppInfo } from "@capsule/api";
import { Button, cn } from "@capsule/ui";
import { ArrowUp, Square } from "lucide-react";
import { useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";

type ComposerProps = {
  app: AppInfo;
  isRunning: boolean;
  isStopping: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
};

const TALLEST_PX = 240;

/** Enter sends, Shift+Enter makes a new line. One may write on while the app replies. */
export function Composer({ app, isRunning, isStopping, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const isEnabled = app.has_message_handler;
  const canSend = isEnabled && text.trim() !== "";

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${String(Math.min(element.scrollHeight, TALLEST_PX))}px`;
  }, [text]);

  const send = (): void => {
    if (!canSend) return;
    onSend(text.trim());
    setText("");
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      aria-label="Message"
      data-testid="composer"
      className="mx-auto w-full max-w-3xl px-3 pb-3 sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div
        className={cn(
          "flex items-end gap-2 rounded-2xl border border-line-strong bg-surface p-2 pl-4 shadow-soft transition-colors",
          "has-[textarea:focus-visible]:border-accent",
        )}
      >
        <textarea
          ref={area}
          name="message"
          aria-label="Message"
          rows={1}
          autoFocus
          disabled={!isEnabled}
          placeholder={isEnabled ? `Message ${app.title ?? app.name}` : "This app does not chat"}
          className="max-h-60 min-h-8 flex-1 resize-none bg-transparent py-1 text-[0.9375rem] leading-6 outline-none"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isRunning && (
          <Button size="icon" className="rounded-xl" aria-label="Stop" title="Stop" disabled={isStopping} onClick={onStop}>
            <Square className="fill-current" />
          </Button>
        )}
        {(!isRunning || canSend) && (
          <Button type="submit" tone="primary" size="icon" className="rounded-xl" aria-label="Send" disabled={!canSend}>
            <ArrowUp />
          </Button>
        )}
      </div>
      <p className="mt-1.5 hidden text-center text-2xs text-ink-faint sm:block">Enter sends · Shift+Enter for a new line</p>
    </form>
  );
}
