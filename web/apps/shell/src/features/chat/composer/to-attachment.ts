import type { Attachment } from "@capsule/api";
import type { UploadEntry } from "../../../parts/uploads/use-uploads.ts";

/** A complete upload as the message will have it; none for any other. */
export function toAttachment({ id, file }: UploadEntry): Attachment[] {
  if (id === null) return [];
  const url = `/api/files/${encodeURIComponent(id)}/${encodeURIComponent(file.name || "file")}`;
  return [{ id, name: file.name || "file", content_type: file.type || "application/octet-stream", size: file.size, url }];
}
