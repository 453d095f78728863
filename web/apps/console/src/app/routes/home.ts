import { spaceKey, spacesQuery } from "@capsule/api";
import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { lastSpace } from "#config/last-space.ts";

/** The key of the space somebody worked in last, else of their first one. */
async function startingSpace(queryClient: QueryClient): Promise<string | null> {
  const spaces = await queryClient.ensureQueryData(spacesQuery);
  const last = lastSpace();
  const space = spaces.find((candidate) => candidate.id === last) ?? spaces[0];
  return space ? spaceKey(space, spaces) : null;
}

export async function homeRedirect(queryClient: QueryClient): Promise<never> {
  const space = await startingSpace(queryClient);
  throw space === null
    ? redirect({ to: "/spaces", replace: true })
    : redirect({ to: "/spaces/$space", params: { space }, replace: true });
}

/** `/new/capsule?capsuleType=backend` opens the wizard with the type chosen. */
export async function newCapsuleRedirect(queryClient: QueryClient, search: unknown): Promise<never> {
  const space = await startingSpace(queryClient);
  if (space === null) throw redirect({ to: "/spaces", replace: true });
  const type = (search as { capsuleType?: unknown }).capsuleType;
  throw redirect({ href: `/spaces/${space}/new${typeof type === "string" ? `?type=${encodeURIComponent(type)}` : ""}` });
}
