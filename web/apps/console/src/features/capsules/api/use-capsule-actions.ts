import { keys, removeCapsule, switchCapsule, updateCapsule, type Capsule } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

/** Put a changed capsule everywhere it is shown: it is cached under its slug and its id. */
export function storeCapsule(queryClient: QueryClient, capsule: Capsule): void {
  for (const key of [capsule.slug, capsule.id]) {
    if (queryClient.getQueryData(keys.capsule(key))) queryClient.setQueryData(keys.capsule(key), capsule);
  }
  void queryClient.invalidateQueries({ queryKey: keys.capsulesOf(capsule.space_id) });
}

const FAILED = {
  start: "The capsule was not switched on",
  stop: "The capsule was not switched off",
  restart: "The capsule was not restarted",
};

export function useSwitchCapsule(capsule: Capsule) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (action: "start" | "stop" | "restart") => switchCapsule(capsule.id, action),
    onSuccess: (next) => storeCapsule(queryClient, next),
    onError: (error, action) => toastProblem(FAILED[action], error),
  });
}

export function useUpdateCapsule(capsule: Capsule) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (input: Parameters<typeof updateCapsule>[1]) => updateCapsule(capsule.id, input),
    onSuccess: (next) => {
      storeCapsule(queryClient, next);
      void queryClient.invalidateQueries({ queryKey: keys.builds(capsule.slug) });
      const hasNewBuild = next.current_build !== null && next.current_build.id !== capsule.current_build?.id;
      toast("Saved", hasNewBuild ? "A build with the new settings is queued." : undefined);
    },
  });
}

export function useRemoveCapsule(capsule: Capsule, onRemoved: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (confirm: string) => removeCapsule(capsule.id, confirm),
    onSuccess: () => {
      toast(`“${capsule.name}” is being removed`);
      void queryClient.invalidateQueries({ queryKey: keys.capsules });
      void queryClient.invalidateQueries({ queryKey: keys.spaces });
      onRemoved();
    },
    onError: (error) => toastProblem("The capsule was not removed", error),
  });
}
