import type { Capsule } from "@capsule/api";
import { Notice } from "@capsule/ui";
import { Link, useLocation } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";

/** Above every tab: why the capsule is not live, and where to look. */
export function StatusReason({ capsule }: { capsule: Capsule }) {
  const build = capsule.current_build;
  const deployment = capsule.current_deployment;
  const { pathname } = useLocation();
  const isOnBuilds = pathname.endsWith("/builds");
  if (build?.status === "running" || build?.status === "queued") {
    return isOnBuilds ? null : (
      <p role="note" className="mb-5 flex items-center gap-2.5 rounded-md bg-busy-soft px-3 py-2 text-sm text-busy-text">
        <LoaderCircle className="size-4 shrink-0 animate-spin" aria-hidden />
        <span className="flex-1">{build.status === "queued" ? "A build is queued" : "Building"}</span>
        <Link
          to="/capsules/$capsule/builds"
          params={{ capsule: capsule.slug }}
          search={{ build: build.id }}
          className="font-medium underline underline-offset-2"
        >
          View build progress
        </Link>
      </p>
    );
  }
  const isBuildFailed = build?.status === "failed";
  if (deployment?.trigger === "return" && deployment.status !== "failed" && !isBuildFailed) {
    return pathname.endsWith("/deploy") ? null : (
      <Notice tone="warn" className="mb-5" title={`The newest release did badly; release ${String(deployment.release_number)} was brought back.`}>
        <Link to="/capsules/$capsule/deploy" params={{ capsule: capsule.slug }} className="underline underline-offset-2">
          See why
        </Link>
      </Notice>
    );
  }
  const reason = capsule.status_reason ?? (isBuildFailed ? build.reason : null);
  if (capsule.status !== "failed" && !isBuildFailed) return null;
  // The tab below says the same, with the log.
  if (isBuildFailed ? isOnBuilds : pathname.endsWith("/deploy")) return null;
  const hint = isBuildFailed ? build.hint : deployment?.hint;
  return (
    <Notice
      tone={capsule.status === "failed" ? "bad" : "warn"}
      className="mb-5"
      title={
        capsule.status === "failed" ? (reason ?? "The capsule failed.") : "The newest build failed; the release before it stays live."
      }
    >
      {capsule.status !== "failed" && reason !== null && <p>{reason}</p>}
      {hint && <p>{hint}</p>}
      <p className="mt-1">
        {isBuildFailed ? (
          <Link
            to="/capsules/$capsule/builds"
            params={{ capsule: capsule.slug }}
            search={{ build: build.id }}
            className="underline underline-offset-2"
          >
            Open the build log
          </Link>
        ) : (
          <Link to="/capsules/$capsule/deploy" params={{ capsule: capsule.slug }} className="underline underline-offset-2">
            See the deployment
          </Link>
        )}
      </p>
    </Notice>
  );
}
