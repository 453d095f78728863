import { capsuleQuery, findSpace, spacesQuery, type Space } from "@capsule/api";
import { skipToken, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { lastSpace } from "#config/last-space.ts";

/** The space of the page: from the address, else the one of its capsule, else the last one used. */
export function useCurrentSpace(): { space: Space | undefined; spaces: Space[] } {
  const params: { space?: string; capsule?: string } = useParams({ strict: false });
  const spaces = useQuery(spacesQuery).data ?? [];
  const options = capsuleQuery(params.capsule ?? "");
  const capsule = useQuery({ ...options, queryFn: params.capsule === undefined ? skipToken : options.queryFn });
  const key = params.space ?? capsule.data?.space_id ?? lastSpace() ?? "";
  return { space: findSpace(key, spaces) ?? (params.space === undefined ? spaces[0] : undefined), spaces };
}
