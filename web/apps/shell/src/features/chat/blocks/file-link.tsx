import { appHost } from "@capsule/api";
import { FileText } from "lucide-react";
import type { BlockProps } from "./block-view.tsx";
import { asRecord, textOf } from "./payload.ts";

/** A file of the app that is named by its path. */
export default function FileLink({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const path = textOf(payload, "path");
  return (
    <a
      href={appHost.mountUrl(path)}
      target="_blank"
      rel="noopener"
      className="inline-flex max-w-full items-center gap-2 rounded-lg border bg-surface px-3 py-2 text-sm hover:bg-hover"
    >
      <FileText className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <span className="truncate">{textOf(payload, "label") || path.split("/").at(-1)}</span>
    </a>
  );
}
