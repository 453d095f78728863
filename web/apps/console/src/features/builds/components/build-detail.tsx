import { cancelBuild, keys, type Build } from "@capsule/api";
import {
  Button,
  Card,
  CardHead,
  downloadText,
  Elapsed,
  LogView,
  logAsText,
  Notice,
  StatusBadge,
  Time,
  toastProblem,
} from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, Download } from "lucide-react";
import { useBuildLog } from "../api/use-build-log.ts";
import { PlanView } from "./plan-view.tsx";

export function BuildDetail({ build, capsuleKey }: { build: Build; capsuleKey: string }) {
  const queryClient = useQueryClient();
  const { log, isLive } = useBuildLog(build.id, capsuleKey);
  const cancel = useMutation({
    mutationFn: () => cancelBuild(build.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.builds(capsuleKey) }),
    onError: (error) => toastProblem("The build was not cancelled", error),
  });
  const isOpen = build.status === "queued" || build.status === "running";
  return (
    <div className="min-w-0 space-y-5">
      <Card className="overflow-hidden" data-testid="build-detail">
        <CardHead
          title={
            <span className="flex flex-wrap items-center gap-2.5">
              Build <code className="font-mono text-xs font-normal text-ink-faint">{build.id}</code>
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
              {build.source.commit && ` · commit ${build.source.commit.slice(0, 12)}`}
            </>
          }
          actions={
            <>
              {isOpen && build.can.includes("cancel") && (
                <Button size="sm" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
                  <Ban /> Cancel
                </Button>
              )}
              <Button
                tone="quiet"
                size="icon-sm"
                aria-label="Download log"
                title="Download log"
                disabled={log.lines.length === 0}
                onClick={() => downloadText(`${build.id}.log`, logAsText(log.lines))}
              >
                <Download />
              </Button>
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
        <LogView
          lines={log.lines}
          dropped={log.dropped}
          showsReplica={false}
          marksErrors={false}
          label="Build log"
          className="h-[clamp(18rem,calc(100dvh-22.5rem),40rem)]"
          empty={isLive ? "Waiting for the first line…" : "This build wrote no log."}
        />
      </Card>
      {build.plan && <PlanView plan={build.plan} />}
    </div>
  );
}
