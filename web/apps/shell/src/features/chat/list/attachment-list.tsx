import type { Attachment } from "@capsule/api";
import { byteSize, ZoomableImage } from "@capsule/ui";
import { FileIcon } from "../../../parts/uploads/file-icon.tsx";

const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

/** Files of a message: pictures as they are, others by name. */
export function AttachmentList({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <ul className="flex flex-wrap justify-end gap-2" aria-label="Attachments">
      {attachments.map((file) => (
        <li key={file.id} data-testid="attachment" className="max-w-full">
          {SHOWN.test(file.content_type) ? (
            <span className="block max-w-56 [&_img]:max-h-48">
              <ZoomableImage src={file.url} alt={file.name} />
            </span>
          ) : (
            <a
              href={file.url}
              target="_blank"
              rel="noopener"
              className="flex max-w-64 items-center gap-2.5 rounded-xl border bg-surface px-3 py-2 text-sm hover:bg-hover"
            >
              <FileIcon contentType={file.content_type} className="size-5 shrink-0 text-accent-text" />
              <span className="min-w-0">
                <span className="block truncate font-medium">{file.name}</span>
                <span className="block text-2xs text-ink-faint">{byteSize(file.size)}</span>
              </span>
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
