import { getIntegrations, keys, type Capsule } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";

/** Which integrations the live release declares, and the addresses to register at providers. */
export const useIntegrations = (capsule: Capsule) =>
  useQuery({
    queryKey: [...keys.integrations(capsule.id), capsule.release?.id ?? ""],
    queryFn: () => getIntegrations(capsule.id),
    staleTime: 10_000,
  });
