import type { Capsule } from "@capsule/api";
import { Notice } from "@capsule/ui";
import { Link } from "@tanstack/react-router";

/** Above every tab: why the capsule is not live, and where to look. */
export function StatusReason({ capsule }: { capsule: Capsule }) {
  const build = capsule.current_build;
  const deployment = capsule.current_deployment;
  if (capsule.status === "building" || build?.status === "running" || build?.status === "queued") {
    return (
      <Notice className="mb-5" title={build?.status === "queued" ? "A build is queued" : "Building"}>
        {build && (
          <Link
            to="/capsules/$capsule/builds"
            params={{ capsule: capsule.slug }}
            search={{ build: build.id }}
            className="underline underline-offset-2"
          >
            View build progress
          </Link>
        )}
      </Notice>
    );
  }
  const isBuildFailed = build?.status === "failed";
  const reason = capsule.status_reason ?? (isBuildFailed ? build.reason : null);
  if (capsule.status !== "failed" && !isBuildFailed) return null;
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
