/** Spaces in addresses: the slug where it is unambiguous, the id where two teams use the same one. */
import type { Space } from "./types.ts";

export function spaceKey(space: Space, all: readonly Space[]): string {
  const isShared = all.some((other) => other.slug === space.slug && other.id !== space.id);
  return isShared ? space.id : space.slug;
}

export const findSpace = (key: string, all: readonly Space[]): Space | undefined =>
  all.find((space) => space.id === key) ?? all.find((space) => space.slug === key);
