import { keys, listSecrets } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";

/** Names of the space's secrets, to offer in fields that take one. */
export function useSecretNames(spaceId: string): string[] {
  const secrets = useQuery({
    queryKey: keys.secrets(spaceId),
    queryFn: async () => (await listSecrets(spaceId)).items,
    staleTime: 30_000,
  });
  return secrets.data?.map((secret) => secret.name) ?? [];
}
