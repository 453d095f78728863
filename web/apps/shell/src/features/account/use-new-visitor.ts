import { useQueryClient } from "@tanstack/react-query";

/** Somebody else is here now: nothing that was read before counts. */
export function useNewVisitor(): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "app" });
    await queryClient.invalidateQueries({ queryKey: ["app"] });
  };
}
