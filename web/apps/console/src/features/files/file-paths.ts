/** Paths in a storage capsule: always absolute, `/` between parts. */
export const joinPath = (folder: string, name: string): string => `${folder.replace(/\/+$/, "")}/${name}`;

export function crumbs(folder: string): { name: string; path: string }[] {
  const parts = folder.split("/").filter(Boolean);
  return parts.map((name, index) => ({ name, path: `/${parts.slice(0, index + 1).join("/")}` }));
}
