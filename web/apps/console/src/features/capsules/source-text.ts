/** Short, readable forms of addresses and sources. */

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** `https://git.example/team/shop.git` → `team/shop`. */
export function repositoryName(url: string): string {
  const path = url
    .replace(/[/]+$/, "")
    .replace(/\.git$/, "")
    .replace(/^[a-z+]+:\/\/[^/]*\//i, "")
    .replace(/^[^/]*@[^:]*:/, "");
  return path.split("/").filter(Boolean).slice(-2).join("/") || url;
}
