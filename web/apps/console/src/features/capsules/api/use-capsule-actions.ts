import { keys, removeCapsule, switchCapsule, type Capsule } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { storeCapsule } from "#config/use-update-capsule.ts";

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
