import { getSourceAccess, keys, listPreviews, updateCapsule, type Capsule, type SourceAccess } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
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

type Change = Parameters<typeof updateCapsule>[1];

/** A change of the source or of what a push leads to; a new source is built. */
export function useChangeSource(capsule: Capsule, onDone?: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => updateCapsule(capsule.id, change),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      void queryClient.invalidateQueries({ queryKey: keys.builds(capsule.slug) });
      const builds = next.current_build !== null && next.current_build.id !== capsule.current_build?.id;
      toast("Saved", builds ? "A build is queued." : undefined);
      onDone?.();
    },
    onError: (error) => {
      if (onDone === undefined) toastProblem("Nothing was saved", error);
    },
  });
}
