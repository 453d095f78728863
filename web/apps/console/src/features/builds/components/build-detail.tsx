import { cancelBuild, keys, releasesQuery, type Build, type Capsule } from "@capsule/api";
import { AskButton, Card, CardHead, Elapsed, Notice, StatusBadge, Time, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, Rocket } from "lucide-react";
import { useBuildLog } from "../api/use-build-log.ts";
import { shortCommit, triggerName } from "../words.ts";
import { BuildLog } from "./build-log.tsx";
import { CompareLink } from "./compare-link.tsx";
import { PlanView } from "./plan-view.tsx";

export function BuildDetail({ build, capsule }: { build: Build; capsule: Capsule }) {
  const { log, isLive } = useBuildLog(build.id, capsule.slug);
  const { commit, subject } = build.source;
  const isOpen = build.status === "queued" || build.status === "running";
  return (
    <div className="min-w-0 space-y-5">
      <Card className="overflow-hidden" data-testid="build-detail">
        <CardHead
          title={
            <span className="flex flex-wrap items-center gap-2.5">
              <span className="min-w-0 truncate">{subject ?? "Build"}</span>
              <StatusBadge status={build.status} />
            </span>
          }
          hint={
            <>
              <Time at={build.created_at} />
              {build.started_at && (
                <>
                  {" · "}
                  <Elapsed from={build.started_at} to={build.finished_at ?? null} />
                </>
              )}
              {` · ${triggerName(build.trigger)}`}
              {commit && (
                <>
                  {" · "}
                  <code className="font-mono">{shortCommit(commit)}</code>
                </>
              )}
              {build.compare_url && (
                <>
                  {" · "}
                  <CompareLink url={build.compare_url} />
                </>
              )}
              {" · "}
              <code className="font-mono">{build.id}</code>
            </>
          }
          actions={
            <>
              {build.status === "succeeded" && <MadeRelease build={build} capsule={capsule} />}
              {isOpen && build.can.includes("cancel") && <CancelBuild build={build} capsule={capsule} />}
            </>
          }
        />
        {build.status === "failed" && (
          <div className="border-b p-3">
            <Notice tone="bad" title={build.reason ?? "The build failed."}>
              {build.hint}
            </Notice>
          </div>
        )}
        {build.status === "cancelled" && build.reason && (
          <div className="border-b p-3">
            <Notice>{build.reason}</Notice>
          </div>
        )}
        <BuildLog build={build} log={log} isLive={isLive} />
      </Card>
      {build.plan && <PlanView plan={build.plan} />}
    </div>
  );
}

/** The release that came out of a build; later ones with the same code came from changed settings. */
function MadeRelease({ build, capsule }: { build: Build; capsule: Capsule }) {
  const releases = useQuery(releasesQuery(capsule)).data ?? [];
  const made = releases.findLast((release) => release.build_id === build.id);
  if (!made) return null;
  return (
    <Link
      to="/capsules/$capsule/deploy"
      params={{ capsule: capsule.slug }}
      className="flex items-center gap-1.5 rounded-sm text-sm text-accent-text hover:underline"
    >
      <Rocket className="size-3.5" aria-hidden /> Release {made.number}
    </Link>
  );
}

function CancelBuild({ build, capsule }: { build: Build; capsule: Capsule }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelBuild(build.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.builds(capsule.slug) }),
    onError: (error) => toastProblem("The build was not cancelled", error),
  });
  return (
    <AskButton
      size="sm"
      title="Cancel this build?"
      consequence={<>Everything it runs is ended. {capsule.release ? "The live release stays as it is." : ""}</>}
      confirmLabel="Cancel the build"
      isBusy={cancel.isPending}
      onConfirm={(close) => cancel.mutate(undefined, { onSettled: close })}
    >
      <Ban /> Cancel
    </AskButton>
  );
}
