import { keys, listDeployments, type Capsule } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";

export const useDeployments = (capsule: Capsule) =>
  useQuery({
    queryKey: keys.deployments(capsule.slug),
    queryFn: async () => (await listDeployments(capsule.id)).items,
    refetchInterval: (query) =>
      query.state.data?.some((item) => item.status === "queued" || item.status === "running") ? 3_000 : false,
  });
