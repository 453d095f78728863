import { Button, byteSize, cn } from "@capsule/ui";
import { RotateCw, X } from "lucide-react";
import { FileIcon } from "./file-icon.tsx";
import type { UploadEntry } from "./use-uploads.ts";

type UploadChipProps = { entry: UploadEntry; onRetry: () => void; onRemove: () => void };

export function UploadChip({ entry, onRetry, onRemove }: UploadChipProps) {
  const { file, state, done, problem } = entry;
  const percent = Math.round(done * 100);
  return (
    <li
      data-testid="attachment"
      data-state={state}
      className={cn(
        "relative flex w-full items-center gap-2 overflow-hidden rounded-lg border bg-raised py-1.5 pr-1 pl-2.5 text-xs sm:w-60",
        state === "failed" && "border-bad",
      )}
    >
      <FileIcon contentType={file.type} className="size-4 shrink-0 text-ink-faint" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{file.name}</span>
        <span role={state === "failed" ? "alert" : undefined} className={cn("block truncate", state === "failed" ? "text-bad-text" : "text-ink-faint")}>
          {problem ?? (state === "uploading" ? `${String(percent)} % of ${byteSize(file.size)}` : byteSize(file.size))}
        </span>
      </span>
      {state === "failed" && (
        <Button tone="quiet" size="icon-sm" aria-label={`Upload ${file.name} again`} onClick={onRetry}>
          <RotateCw />
        </Button>
      )}
      <Button tone="quiet" size="icon-sm" aria-label={`Remove ${file.name}`} onClick={onRemove}>
        <X />
      </Button>
      {state === "uploading" && (
        <span
          role="progressbar"
          aria-label={`Uploading ${file.name}`}
          aria-valuenow={percent}
          className="absolute inset-x-0 bottom-0 h-0.5 bg-line"
        >
          <span className="block h-full bg-accent transition-[width]" style={{ width: `${String(Math.max(4, percent))}%` }} />
        </span>
      )}
    </li>
  );
}
