import { asProblem, uploadSource, type Space } from "@capsule/api";
import { Button, cn, byteSize, Notice } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { FileArchive, FolderUp, LoaderCircle, PackageCheck } from "lucide-react";
import { useId, useState, type DragEvent } from "react";
import { archiveOf, droppedFiles, pickedFiles, type SourceFile } from "../source-files.ts";
import type { StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

/** A folder or an archive, dropped or chosen; sent at once, so that the next step can look at it. */
export function UploadField({ space, ...step }: StepProps & { space: Space }) {
  const { form, set, shown } = step;
  const inputId = useId();
  const [isOver, setIsOver] = useState(false);
  const upload = useMutation({
    mutationFn: async (collect: () => Promise<SourceFile[]>) => {
      const { name, archive } = await archiveOf(await collect());
      return { name, upload: await uploadSource(space.id, archive) };
    },
    onSuccess: ({ name, upload: { id, size_bytes: size } }) => {
      set("uploadName", `${name} · ${byteSize(size)}`);
      set("uploadId", id);
    },
  });
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    // The entries of a drop are gone once the event is over, so they are taken here.
    upload.mutate(droppedFiles(event.dataTransfer));
  };
  const problem = upload.isError ? asProblem(upload.error) : null;
  const complaint = shown("uploadId");
  const Icon = upload.isPending ? LoaderCircle : form.uploadId === "" ? FolderUp : PackageCheck;
  return (
    <div className="space-y-4">
      <div
        data-testid="drop-zone"
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={onDrop}
        className={cn(
          "flex flex-col items-center gap-1 rounded-lg border border-dashed border-line-strong bg-surface px-4 py-8 text-center transition-colors",
          isOver && "border-accent bg-accent-soft/40",
        )}
      >
        <Icon className={cn("mb-1 size-7 text-ink-faint", upload.isPending && "animate-spin", form.uploadId !== "" && "text-good")} aria-hidden />
        <p className="font-medium" role="status">
          {upload.isPending ? "Sending…" : form.uploadName || "Drop a folder, a .zip or a .tar.gz here"}
        </p>
        <p className="text-xs text-ink-faint">What git and build tools keep for themselves (.git, node_modules, .venv) is left out.</p>
        <div className="mt-3 flex flex-wrap justify-center gap-2">
          <Picker id={`${inputId}-folder`} label="Choose a folder" icon={<FolderUp />} isFolder onPick={upload.mutate} />
          <Picker id={`${inputId}-archive`} label="Choose an archive" icon={<FileArchive />} onPick={upload.mutate} />
        </div>
        {complaint !== null && <p className="mt-2 text-xs text-bad-text">{complaint}</p>}
      </div>
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <TextField {...step} field="path" label="Path" hint="Folder of the project in it; empty for its root." className="max-w-sm" />
    </div>
  );
}

type PickerProps = {
  id: string;
  label: string;
  icon: React.ReactNode;
  isFolder?: boolean;
  onPick: (collect: () => Promise<SourceFile[]>) => void;
};

function Picker({ id, label, icon, isFolder = false, onPick }: PickerProps) {
  return (
    <>
      <input
        id={id}
        type="file"
        aria-label={label}
        className="sr-only"
        tabIndex={-1}
        {...(isFolder ? { webkitdirectory: "" } : { accept: ".zip,.tar.gz,.tgz" })}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) onPick(() => Promise.resolve(pickedFiles(files)));
        }}
      />
      <Button size="sm" onClick={() => document.getElementById(id)?.click()}>
        {icon} {label}
      </Button>
    </>
  );
}
