import { GitCompareArrows } from "lucide-react";

/** What changed since the succeeded build before, at the repository's host. */
export function CompareLink({ url }: { url: string }) {
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 rounded-sm align-bottom text-xs text-accent-text hover:underline"
    >
      <GitCompareArrows className="size-3" aria-hidden /> Changes
      <span className="sr-only"> since the build before, at the git host</span>
    </a>
  );
}
