import { Button, byteSize, cn } from "@capsule/ui";
import { Upload } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { UploadChip } from "../../../parts/uploads/upload-chip.tsx";
import { useUploads } from "../../../parts/uploads/use-uploads.ts";
import { useChat } from "../chat-context.ts";
import { Countdown } from "./countdown.tsx";
import { useAnswerPrompt } from "./use-prompt-answer.ts";

type FileDropProps = { promptId: string; accept: string; deadline: string };

/** Takes one file, uploads it and answers the prompt with it. */
export function FileDrop({ promptId, accept, deadline }: FileDropProps) {
  const { app, sessionId } = useChat();
  const maxBytes = app.upload?.max_bytes;
  const uploads = useUploads({ sessionId, promptId, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const answer = useAnswerPrompt(promptId);
  const picker = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const entry = uploads.entries[0];
  const fileId = entry?.id ?? null;
  const send = useEffectEvent((id: string) => answer.mutate({ file_id: id }));
  useEffect(() => {
    if (fileId !== null) send(fileId);
  }, [fileId]);

  if (entry) {
    return (
      <ul className="flex">
        <UploadChip entry={entry} onRetry={() => uploads.retry(entry.key)} onRemove={() => uploads.remove(entry.key)} />
      </ul>
    );
  }
  const take = (files: FileList | null): void => {
    const file = files?.[0];
    if (file) uploads.add([file]);
  };
  return (
    <div className="space-y-3">
      <button
        type="button"
        onClick={() => picker.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault(); // The page would attach it to the next message.
          setIsOver(false);
          take(event.dataTransfer.files);
        }}
        className={cn(
          "flex w-full flex-col items-center gap-1 rounded-lg border border-dashed border-line-strong px-4 py-6 text-center hover:bg-hover",
          isOver && "border-accent bg-accent-soft",
        )}
      >
        <Upload className="size-5 text-ink-faint" aria-hidden />
        <span className="font-medium">Choose a file, or drop it here</span>
        <span className="text-xs text-ink-faint">
          {[kindsOf(accept), maxBytes === undefined ? "" : `at most ${byteSize(maxBytes)}`].filter(Boolean).join(" · ")}
        </span>
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="File for the app"
        {...(accept === "" ? {} : { accept })}
        onChange={(event) => take(event.target.files)}
      />
      <div className="flex items-center gap-3">
        <Button size="sm" tone="quiet" isBusy={answer.isPending} onClick={() => answer.mutate({ dismissed: true })}>
          Don’t upload
        </Button>
        <Countdown deadline={deadline} />
      </div>
    </div>
  );
}

/** `.csv,text/csv` → `.csv`: people know files by their endings. */
function kindsOf(accept: string): string {
  const kinds = accept.split(",").map((kind) => kind.trim());
  const endings = kinds.filter((kind) => kind.startsWith("."));
  return (endings.length > 0 ? endings : kinds).join(", ");
}
