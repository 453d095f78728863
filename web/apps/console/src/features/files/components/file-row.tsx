import { deleteFile, fileUrl, keys, type Capsule, type FileEntry } from "@capsule/api";
import { Button, buttonStyle, byteSize, ConfirmDialog, Time, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, File, Folder, Trash2 } from "lucide-react";
import { useState } from "react";

type FileRowProps = { entry: FileEntry; capsule: Capsule; folder: string };

export function FileRow({ entry, capsule, folder }: FileRowProps) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteFile(capsule.id, entry.path),
    onError: (error) => toastProblem(`“${entry.name}” was not deleted`, error),
    onSettled: () => {
      setIsAsking(false);
      return Promise.all([
        queryClient.invalidateQueries({ queryKey: keys.files(capsule.slug, folder) }),
        queryClient.invalidateQueries({ queryKey: keys.storageUsage(capsule.slug) }),
      ]);
    },
  });
  const Icon = entry.is_folder ? Folder : File;
  return (
    <li data-testid="file-row" data-path={entry.path} className="flex items-center gap-3 px-4 py-1.5 hover:bg-hover/50">
      <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden />
      {entry.is_folder ? (
        <Link
          to="/capsules/$capsule/files"
          params={{ capsule: capsule.slug }}
          search={{ path: entry.path }}
          className="min-w-0 flex-1 truncate rounded-sm py-1 text-sm font-medium hover:underline"
        >
          {entry.name}
        </Link>
      ) : (
        <span className="min-w-0 flex-1 truncate py-1 text-sm">{entry.name}</span>
      )}
      <span className="hidden w-28 text-right text-xs text-ink-faint sm:block">
        <Time at={entry.modified_at} />
      </span>
      <span className="w-20 text-right text-xs text-ink-faint tabular-nums">
        {entry.is_folder ? "" : byteSize(entry.size)}
      </span>
      <span className="flex w-16 justify-end">
        {!entry.is_folder && (
          <a
            href={fileUrl(capsule.id, entry.path)}
            download={entry.name}
            className={buttonStyle({ tone: "quiet", size: "icon-sm" })}
            aria-label={`Download ${entry.name}`}
          >
            <Download />
          </a>
        )}
        {capsule.can.includes("update") && (
          <Button tone="quiet" size="icon-sm" aria-label={`Delete ${entry.name}`} onClick={() => setIsAsking(true)}>
            <Trash2 />
          </Button>
        )}
      </span>
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Delete “${entry.name}”?`}
        confirmLabel="Delete"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        {entry.is_folder ? "Everything in the folder goes with it." : "The file cannot be brought back."}
      </ConfirmDialog>
    </li>
  );
}
