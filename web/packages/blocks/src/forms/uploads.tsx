import { LoaderCircle, Paperclip, Upload, X } from "lucide-react";
import { useRef, useState, type DragEvent } from "react";
import { Button, byteSize, cn } from "@capsule/ui";
import { useHost, type UploadedFile } from "../host.ts";
import type { NodeOf } from "../types.ts";
import { isRecord } from "../use-data.ts";
import { GroupFrame } from "./frame.tsx";
import { useField } from "./use-field.ts";

export function FileInputView({ node }: { node: NodeOf<"file_input"> }) {
  return <UploadField node={node} accept={Array.isArray(node.accept) ? node.accept.join(",") : ""} noun="file" />;
}

export function ImageInputView({ node }: { node: NodeOf<"image_input"> }) {
  return <UploadField node={node} accept="image/*" noun="picture" />;
}

type UploadFieldProps = { node: NodeOf<"file_input"> | NodeOf<"image_input">; accept: string; noun: string };

const isUploaded = (value: unknown): value is UploadedFile => isRecord(value) && typeof value["name"] === "string";

/** The value is what the host says of each upload: one, or a list when there may be several. */
function UploadField({ node, accept, noun }: UploadFieldProps) {
  const { uploadFile } = useHost();
  const isMultiple = node.multiple === true;
  const field = useField({ name: node.name, label: node.label, isRequired: node.required, first: isMultiple ? [] : null });
  const [busy, setBusy] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const files = (Array.isArray(field.value) ? field.value : [field.value]).filter(isUploaded);

  const add = async (chosen: File[]): Promise<void> => {
    if (!uploadFile || chosen.length === 0) return;
    setFailure(null);
    setBusy(chosen.length);
    const results = await Promise.allSettled((isMultiple ? chosen : chosen.slice(0, 1)).map((file) => uploadFile(file)));
    setBusy(0);
    const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) setFailure(failed.reason instanceof Error ? failed.reason.message : "The upload failed.");
    if (done.length > 0) field.set(isMultiple ? [...files, ...done] : done[0]);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    void add([...event.dataTransfer.files]);
  };

  return (
    <GroupFrame type={node.type} label={node.label} isRequired={node.required} error={failure ?? field.error}>
      <ul className="space-y-1">
        {files.map((file, index) => (
          <li key={file.id} className="flex items-center gap-2 rounded-md border bg-surface py-1 pr-1 pl-2.5 text-sm">
            <Paperclip className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
            <span className="min-w-0 flex-1 truncate">{file.name}</span>
            <span className="text-xs text-ink-faint">{byteSize(file.size)}</span>
            <Button
              tone="quiet"
              size="icon-sm"
              aria-label={`Remove ${file.name}`}
              onClick={() => field.set(isMultiple ? files.toSpliced(index, 1) : null)}
            >
              <X />
            </Button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        disabled={!uploadFile || busy > 0}
        onClick={() => picker.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={onDrop}
        className={cn(
          "flex w-full items-center justify-center gap-2 rounded-lg border border-dashed border-line-strong px-4 py-5 text-sm text-ink-soft transition-colors hover:bg-hover/50 disabled:pointer-events-none disabled:text-ink-faint",
          isOver && "border-accent bg-accent-soft",
        )}
      >
        {busy > 0 ? <LoaderCircle className="size-4 animate-spin" /> : <Upload className="size-4" aria-hidden />}
        {!uploadFile
          ? "Uploads are not available here yet."
          : busy > 0
            ? "Uploading"
            : `Choose ${isMultiple ? `${noun}s` : `a ${noun}`}, or drop ${isMultiple ? "them" : "it"} here`}
      </button>
      <input
        ref={picker}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-label={node.label ?? node.name}
        accept={accept}
        multiple={isMultiple}
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </GroupFrame>
  );
}
