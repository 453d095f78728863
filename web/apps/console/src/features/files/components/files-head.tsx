import type { Capsule } from "@capsule/api";
import { Button } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Upload } from "lucide-react";
import { useRef } from "react";
import { crumbs } from "../file-paths.ts";
import { StorageUse } from "./storage-use.tsx";

type FilesHeadProps = { capsule: Capsule; folder: string; isBusy: boolean; onFiles: (files: File[]) => void };

export function FilesHead({ capsule, folder, isBusy, onFiles }: FilesHeadProps) {
  const input = useRef<HTMLInputElement>(null);
  const to = "/capsules/$capsule/files";
  const params = { capsule: capsule.slug };
  return (
    <header className="flex flex-wrap items-center gap-3 border-b px-4 py-2.5">
      <nav aria-label="Folder" className="flex min-w-0 flex-1 flex-wrap items-center gap-1 font-mono text-sm">
        <Link to={to} params={params} search={{}} className="rounded-sm hover:underline">
          {capsule.name}
        </Link>
        {crumbs(folder).map((crumb) => (
          <span key={crumb.path} className="flex items-center gap-1">
            <ChevronRight className="size-3.5 text-ink-faint" aria-hidden />
            <Link to={to} params={params} search={{ path: crumb.path }} className="rounded-sm hover:underline">
              {crumb.name}
            </Link>
          </span>
        ))}
      </nav>
      <StorageUse capsule={capsule} />
      <input
        ref={input}
        type="file"
        multiple
        className="hidden"
        aria-label="Files to upload"
        data-testid="file-input"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      {capsule.can.includes("update") && (
        <Button tone="primary" size="sm" isBusy={isBusy} onClick={() => input.current?.click()}>
          <Upload /> Upload
        </Button>
      )}
    </header>
  );
}
