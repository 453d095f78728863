import { keys, uploadFile, type Capsule } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { joinPath } from "./file-paths.ts";

/** Send files into the open folder, one after the other. */
export function useUpload(capsule: Capsule, folder: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) await uploadFile(capsule.id, joinPath(folder, file.name), file);
      return files.length;
    },
    onSuccess: (count) => toast(count === 1 ? "File uploaded" : `${String(count)} files uploaded`),
    onError: (error) => toastProblem("The upload failed", error),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: keys.files(capsule.slug, folder) }),
        queryClient.invalidateQueries({ queryKey: keys.storageUsage(capsule.slug) }),
      ]),
  });
}
