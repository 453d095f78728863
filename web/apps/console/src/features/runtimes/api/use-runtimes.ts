import { getRuntimes, keys, stopRuntime, type Capsule, type Environment, type Runtime } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { userName } from "../runtime-words.ts";

/** The report, read anew every two seconds while the page is visible. */
export const useRuntimes = (capsule: Capsule, environment: Environment) =>
  useQuery({
    queryKey: keys.runtimes(capsule.slug, environment),
    queryFn: () => getRuntimes(capsule.id, environment),
    refetchInterval: 2_000,
  });

export function useStopRuntime(capsule: Capsule, environment: Environment, onDone: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (runtime: Runtime) => stopRuntime(capsule.id, environment, runtime.user_id),
    onSuccess: (_, runtime) => toast(`Stopped the runtime of ${userName(runtime)}`, "The next message wakes a new one."),
    onError: (error) => toastProblem("The runtime was not stopped", error),
    onSettled: () => {
      onDone();
      return queryClient.invalidateQueries({ queryKey: keys.runtimes(capsule.slug, environment) });
    },
  });
}
