import { getRuntimes, keys, orderRuntime, type Capsule, type Environment, type Runtime, type RuntimeOrder } from "@capsule/api";
import { toast, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ORDERS, userName } from "../runtime-words.ts";

/** The report, read anew every two seconds while the page is visible. */
export const useRuntimes = (capsule: Capsule, environment: Environment) =>
  useQuery({
    queryKey: keys.runtimes(capsule.slug, environment),
    queryFn: () => getRuntimes(capsule.id, environment),
    refetchInterval: 2_000,
  });

export function useRuntimeOrder(capsule: Capsule, environment: Environment, onDone: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ order, runtime }: { order: RuntimeOrder; runtime: Runtime }) =>
      orderRuntime(order, capsule.id, environment, runtime.user_id),
    onSuccess: (_, { order, runtime }) => toast(`${ORDERS[order].done} of ${userName(runtime)}`, ORDERS[order].next),
    onError: (error, { order }) => toastProblem(ORDERS[order].failed, error),
    onSettled: () => {
      onDone();
      return queryClient.invalidateQueries({ queryKey: keys.runtimes(capsule.slug, environment) });
    },
  });
}
