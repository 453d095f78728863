import type { Capsule } from "@capsule/api";
import { StatusBadge, Time } from "@capsule/ui";
import { Link } from "@tanstack/react-router";
import { Container, ExternalLink, GitBranch, GitCommitHorizontal, UploadCloud } from "lucide-react";
import { TypeIcon } from "#config/type-icon.tsx";
import { hostOf, repositoryName } from "../source-text.ts";

/** One line of the list; the whole row leads to the capsule, the address to the capsule's own site. */
export function CapsuleRow({ capsule }: { capsule: Capsule }) {
  const { source } = capsule;
  return (
    <li
      data-testid="capsule-row"
      data-capsule={capsule.slug}
      className="relative flex items-center gap-3.5 px-4 py-3 transition-colors hover:bg-hover/50"
    >
      <TypeIcon type={capsule.type} />
      <div className="min-w-0 flex-1 sm:flex-[1.3]">
        <Link
          to="/capsules/$capsule"
          params={{ capsule: capsule.slug }}
          className="block truncate font-medium after:absolute after:inset-0"
        >
          {capsule.name}
          {capsule.preview_of !== null && <PreviewMark />}
        </Link>
        {capsule.url === null ? (
          <p className="truncate text-xs text-ink-faint">{capsule.type === "storage" ? "Files" : "No address yet"}</p>
        ) : (
          <a
            href={capsule.url}
            target="_blank"
            rel="noreferrer"
            className="relative z-10 flex w-fit max-w-full items-center gap-1 text-xs text-ink-faint hover:text-accent-text hover:underline"
          >
            <span className="truncate">{hostOf(capsule.url)}</span>
            <ExternalLink className="size-3 shrink-0" aria-hidden />
          </a>
        )}
      </div>
      <div className="hidden min-w-0 flex-1 text-xs text-ink-soft lg:block">
        {source.kind === "git" && (
          <p className="flex items-center gap-1.5">
            <GitBranch className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
            <span className="truncate">
              {repositoryName(source.url)}
              <span className="text-ink-faint"> · {source.branch || "default branch"}</span>
            </span>
          </p>
        )}
        {source.kind === "push" && (
          <p className="flex items-center gap-1.5">
            <GitCommitHorizontal className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
            git push<span className="text-ink-faint">· {source.branch || "main"}</span>
          </p>
        )}
        {source.kind === "image" && (
          <p className="flex items-center gap-1.5">
            <Container className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
            <span className="truncate">{source.image}</span>
          </p>
        )}
        {source.kind === "upload" && (
          <p className="flex items-center gap-1.5">
            <UploadCloud className="size-3.5 shrink-0 text-ink-faint" aria-hidden /> From a machine
          </p>
        )}
      </div>
      <p className="hidden w-28 shrink-0 text-xs text-ink-faint md:block">
        {capsule.release ? (
          <>
            Release {capsule.release.number}
            <br />
            <Time at={capsule.release.created_at} />
          </>
        ) : (
          <Time at={capsule.created_at} />
        )}
      </p>
      <div className="flex w-auto shrink-0 justify-end sm:w-32" title={capsule.status_reason ?? undefined}>
        <StatusBadge status={capsule.status} {...progressOf(capsule)} />
      </div>
    </li>
  );
}

const PreviewMark = () => (
  <span className="ml-2 rounded-full bg-busy-soft px-1.5 text-2xs font-medium text-busy-text">preview</span>
);

/** A live capsule that is being built or deployed says so in the list. */
function progressOf({ status, current_build: build, current_deployment: deployment }: Capsule): { status?: string; label?: string } {
  if (status !== "live") return {};
  if (build?.status === "queued" || build?.status === "running") return { status: "building", label: "Building" };
  if (deployment?.status === "queued" || deployment?.status === "running") return { status: "running", label: "Deploying" };
  return {};
}
