import { getSourceAccess, keys, listPreviews, type Capsule, type SourceAccess } from "@capsule/api";
import { toast } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

export const useSourceAccess = (capsule: Capsule) =>
  useQuery({
    queryKey: keys.sourceAccess(capsule.slug),
    queryFn: () => getSourceAccess(capsule.id),
    refetchInterval: 15_000, // webhooks come without a word to this page
  });

export const usePreviews = (capsule: Capsule) =>
  useQuery({
    queryKey: keys.previews(capsule.slug),
    queryFn: async () => (await listPreviews(capsule.id)).items,
    refetchInterval: 10_000,
  });

/** A change of the access; the answer is shown at once. */
export function useChangeAccess(capsule: Capsule, change: () => Promise<SourceAccess>, said: string, onDone?: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (next) => {
      queryClient.setQueryData(keys.sourceAccess(capsule.slug), next);
      toast(said);
      onDone?.();
    },
  });
}
