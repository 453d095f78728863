import type { AppInfo } from "@capsule/api";
import { Button, byteSize, cn, useGrownHeight } from "@capsule/ui";
import { ArrowUp, Paperclip, Square } from "lucide-react";
import { useRef, type KeyboardEvent } from "react";
import { DropOverlay } from "../../../parts/uploads/drop-overlay.tsx";
import { UploadChip } from "../../../parts/uploads/upload-chip.tsx";
import { usePageDrop } from "../../../parts/uploads/use-page-drop.ts";
import { useUploads, type Uploads } from "../../../parts/uploads/use-uploads.ts";
import type { Draft } from "./outbox.ts";
import { toAttachment } from "./to-attachment.ts";
import { useDraft } from "./use-draft.ts";

type ComposerProps = {
  app: AppInfo;
  sessionId: string | null;
  isRunning: boolean;
  isStopping: boolean;
  onSend: (draft: Draft) => void;
  onStop: () => void;
};

const TALLEST_PX = 240;
/** As many as the server takes with one message. */
const MOST_FILES = 20;

/** Enter sends, Shift+Enter makes a new line. One may write on while the app replies. */
export function Composer({ app, sessionId, isRunning, isStopping, onSend, onStop }: ComposerProps) {
  const [text, setText] = useDraft(sessionId);
  const maxBytes = app.upload?.max_bytes;
  const uploads = useUploads({ sessionId, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const area = useGrownHeight(text, TALLEST_PX);
  const picker = useRef<HTMLInputElement>(null);
  const isEnabled = app.has_message_handler;
  const isDropping = usePageDrop(isEnabled, (files) => uploads.add(files));
  const isUploading = uploads.entries.some((entry) => entry.state !== "complete");
  const isTooMany = uploads.entries.length > MOST_FILES;
  const canSend = isEnabled && !isUploading && !isTooMany && (text.trim() !== "" || uploads.entries.length > 0);

  const send = (): void => {
    if (!canSend) return;
    onSend({ text: text.trim(), attachments: uploads.entries.flatMap(toAttachment) });
    setText("");
    uploads.clear();
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === "Escape" && isRunning && !isStopping) onStop();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      aria-label="Message"
      data-testid="composer"
      className="mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {isDropping && <DropOverlay />}
      <div
        className={cn(
          "rounded-2xl border border-line-strong bg-surface p-2 shadow-soft transition-colors",
          "has-[textarea:focus-visible]:border-accent",
        )}
      >
        {uploads.entries.length > 0 && <UploadChips uploads={uploads} />}
        {isTooMany && (
          <p role="alert" className="mb-2 px-1 text-xs text-bad-text">
            A message has at most {MOST_FILES} files.
          </p>
        )}
        <div className="flex items-end gap-1.5">
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files to attach"
            onChange={(event) => {
              uploads.add([...(event.target.files ?? [])]);
              event.target.value = "";
              area.current?.focus();
            }}
          />
          <Button
            tone="quiet"
            size="icon"
            className="rounded-xl"
            aria-label="Attach files"
            title={maxBytes === undefined ? "Attach files" : `Attach files, at most ${byteSize(maxBytes)} each`}
            disabled={!isEnabled}
            onClick={() => picker.current?.click()}
          >
            <Paperclip />
          </Button>
          <textarea
            ref={area}
            name="message"
            aria-label="Message"
            rows={1}
            autoFocus={window.matchMedia("(pointer: fine)").matches}
            disabled={!isEnabled}
            placeholder={isEnabled ? `Message ${app.title ?? app.name}` : "This app does not chat"}
            className="max-h-60 min-h-8 min-w-0 flex-1 resize-none bg-transparent py-1 text-base leading-6 outline-none max-sm:text-[1rem] sm:text-[0.9375rem]"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              const files = [...event.clipboardData.files];
              if (files.length === 0) return;
              event.preventDefault();
              uploads.add(files);
            }}
          />
          {isRunning && (
            <Button size="icon" className="rounded-xl" aria-label="Stop" title="Stop (Esc)" disabled={isStopping} onClick={onStop}>
              <Square className="fill-current" />
            </Button>
          )}
          {(!isRunning || canSend) && (
            <Button type="submit" tone="primary" size="icon" className="rounded-xl" aria-label="Send" disabled={!canSend}>
              <ArrowUp />
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

function UploadChips({ uploads }: { uploads: Uploads }) {
  return (
    <ul aria-label="Attachments" className="mb-2 flex max-h-40 flex-wrap gap-1.5 overflow-y-auto">
      {uploads.entries.map((entry) => (
        <UploadChip
          key={entry.key}
          entry={entry}
          onRetry={() => uploads.retry(entry.key)}
          onRemove={() => uploads.remove(entry.key)}
        />
      ))}
    </ul>
  );
}
