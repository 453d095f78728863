import { appHost, type Connection } from "@capsule/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { onConnectionEnded } from "./popup.ts";

export const CONNECTIONS_KEY = ["connections"] as const;

export function useConnections() {
  return useQuery({ queryKey: CONNECTIONS_KEY, queryFn: async () => (await appHost.listConnections()).items });
}

/** Reads the connections again when a sign-in in some other window has ended. */
export function useConnectionNews(): void {
  const queryClient = useQueryClient();
  useEffect(
    () => onConnectionEnded(() => void queryClient.invalidateQueries({ queryKey: CONNECTIONS_KEY })),
    [queryClient],
  );
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
