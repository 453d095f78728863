import { keys, replaceEnv, type Capsule } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Variable } from "./env-text.ts";

export function useReplaceEnv(capsule: Capsule, onSaved: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (variables: Variable[]) => replaceEnv(capsule.id, variables),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.env(capsule.slug) });
      toast("Variables saved", capsule.is_on && capsule.release ? "The capsule restarts with them." : undefined);
      onSaved();
    },
    onError: (error) => toastProblem("The variables were not saved", error),
  });
}
