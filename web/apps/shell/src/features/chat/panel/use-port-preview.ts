/** The address of a port that the session shows; asks again as long as nothing answers there. */
import { appHost } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

const AGAIN_MS = 1_500;

export function usePortPreview(sessionId: string, port: number) {
  const opened = useId(); // each opening of the panel has an address of its own: they are good for some hours only
  return useQuery({
    queryKey: ["preview", sessionId, port, opened],
    queryFn: () => appHost.openPreview(sessionId, port),
    refetchInterval: (query) => (query.state.data?.is_ready === false ? AGAIN_MS : false),
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}
