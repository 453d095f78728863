import type { Attachment } from "@capsule/api";
import { cn } from "@capsule/ui";
import { AttachmentList } from "./attachment-list.tsx";
import { ClockTime } from "./clock-time.tsx";

type MessageBubbleProps = {
  text: string;
  attachments: readonly Attachment[];
  at?: string;
  isPale?: boolean;
  isQueued?: boolean;
};

export function MessageBubble({ text, attachments, at = "", isPale = false, isQueued = false }: MessageBubbleProps) {
  return (
    <div
      data-testid="message"
      data-sender="user"
      className={cn("group ml-auto flex max-w-[85%] flex-col items-end gap-1.5 sm:max-w-[75%]", isPale && "opacity-70")}
    >
      {attachments.length > 0 && <AttachmentList attachments={attachments} />}
      {text !== "" && (
        <div className="max-w-full rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 text-[0.9375rem] leading-relaxed break-words whitespace-pre-wrap">
          {text}
        </div>
      )}
      {isQueued ? (
        <p className="text-2xs text-ink-faint" data-state="queued">
          In line, after the reply before it
        </p>
      ) : (
        <ClockTime
          at={at}
          className="-mt-1 -mb-4.5 opacity-0 transition-opacity group-hover:opacity-100"
        />
      )}
    </div>
  );
}
