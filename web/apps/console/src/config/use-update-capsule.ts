import { keys, updateCapsule, type Capsule } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

/** Put a changed capsule everywhere it is shown: it is cached under its slug and its id. */
export function storeCapsule(queryClient: QueryClient, capsule: Capsule): void {
  for (const key of [capsule.slug, capsule.id]) {
    if (queryClient.getQueryData(keys.capsule(key))) queryClient.setQueryData(keys.capsule(key), capsule);
  }
  void queryClient.invalidateQueries({ queryKey: keys.capsulesOf(capsule.space_id) });
}

type Change = Parameters<typeof updateCapsule>[1];

/**
 * Change a capsule's name, source or configuration, and say what follows from it.
 *
 * Without `onDone` no form is there to show a failure, so a toast does.
 */
export function useUpdateCapsule(capsule: Capsule, onDone?: () => void, said = "Saved") {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => updateCapsule(capsule.id, change),
    onSuccess: (next) => {
      storeCapsule(queryClient, next);
      void queryClient.invalidateQueries({ queryKey: keys.builds(capsule.slug) });
      void queryClient.invalidateQueries({ queryKey: keys.deployments(capsule.slug) });
      toast(said, consequence(capsule, next));
      onDone?.();
    },
    onError: (error) => {
      if (onDone === undefined) toastProblem("Nothing was saved", error);
    },
  });
}

function consequence(before: Capsule, after: Capsule): string | undefined {
  if (isAnother(before.current_build, after.current_build)) return "A build with it is queued.";
  return isAnother(before.current_deployment, after.current_deployment) ? "It is deployed with it." : undefined;
}

type Numbered = { id: string } | null;
const isAnother = (before: Numbered, after: Numbered): boolean => after !== null && after.id !== before?.id;
