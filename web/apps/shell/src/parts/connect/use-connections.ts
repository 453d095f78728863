import { appHost, type Connection } from "@capsule/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";

export const CONNECTIONS_KEY = ["connections"] as const;

export function useConnections() {
  return useQuery({ queryKey: CONNECTIONS_KEY, queryFn: async () => (await appHost.listConnections()).items });
}

/** Put a changed connection in its place, or read all again without one. */
export function useUpdateConnection(): (changed?: Connection) => void {
  const queryClient = useQueryClient();
  return (changed) => {
    if (changed) {
      queryClient.setQueryData<Connection[]>(CONNECTIONS_KEY, (before) =>
        before?.map((one) => (one.type === changed.type ? changed : one)),
      );
    }
    void queryClient.invalidateQueries({ queryKey: CONNECTIONS_KEY });
  };
}
