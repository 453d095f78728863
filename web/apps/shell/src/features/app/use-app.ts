import { appHost } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { pageFor } from "./app-states.ts";

export function useApp() {
  return useQuery({
    queryKey: ["app"],
    queryFn: appHost.getApp,
    refetchInterval: (query) => (!query.state.data || pageFor(query.state.data.state) !== null ? 2_500 : 20_000),
  });
}
