import { keys, listFiles, type Capsule } from "@capsule/api";
import { Card, cn, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { FolderOpen } from "lucide-react";
import { useState } from "react";
import { FileRow } from "../components/file-row.tsx";
import { FilesHead } from "../components/files-head.tsx";
import { useUpload } from "../use-upload.ts";

export function FilesPage({ capsule, folder }: { capsule: Capsule; folder: string }) {
  const files = useQuery({
    queryKey: keys.files(capsule.slug, folder),
    queryFn: async () => (await listFiles(capsule.id, folder)).items,
  });
  const [isDropping, setIsDropping] = useState(false);
  const upload = useUpload(capsule, folder);
  const sorted = files.data?.toSorted(
    (a, b) => Number(b.is_folder) - Number(a.is_folder) || a.name.localeCompare(b.name),
  );
  return (
    <Card
      className={cn("overflow-hidden", isDropping && "outline-2 outline-accent outline-dashed")}
      onDragOver={(event) => {
        event.preventDefault();
        setIsDropping(true);
      }}
      onDragLeave={() => setIsDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsDropping(false);
        upload.mutate([...event.dataTransfer.files]);
      }}
    >
      <FilesHead capsule={capsule} folder={folder} isBusy={upload.isPending} onFiles={(list) => upload.mutate(list)} />
      {files.isPending && <SkeletonRows />}
      {files.isError && <ErrorState error={files.error} onRetry={() => void files.refetch()} />}
      {sorted?.length === 0 && (
        <EmptyState icon={FolderOpen} title="This folder is empty">
          Drop files here, or let an app write some.
        </EmptyState>
      )}
      {sorted && sorted.length > 0 && (
        <ul className="divide-y" aria-label="Files">
          {sorted.map((entry) => (
            <FileRow key={entry.path} entry={entry} capsule={capsule} folder={folder} />
          ))}
        </ul>
      )}
    </Card>
  );
}
