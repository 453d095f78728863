import { keys, startBuild, type Capsule } from "@capsule/api";
import { Button, Card, CardHead, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Hammer } from "lucide-react";
import type { ReactNode } from "react";

/** Build the source as it is now, and make the result live; below, what does so by itself. */
export function BuildAndDeploy({ capsule, children }: { capsule: Capsule; children?: ReactNode }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const start = useMutation({
    mutationFn: () => startBuild(capsule.id),
    onSuccess: (build) => {
      void queryClient.invalidateQueries({ queryKey: keys.capsule(capsule.slug) });
      void navigate({
        to: "/capsules/$capsule/builds",
        params: { capsule: capsule.slug },
        search: { build: build.id },
      });
    },
    onError: (error) => toastProblem("No build was started", error),
  });
  const hasSource = capsule.source.kind !== "none";
  return (
    <Card>
      <CardHead title="Build & deploy" />
      <div className="space-y-3 p-4">
        <p className="text-sm text-ink-soft">
          {hasSource
            ? "Builds the newest source. When it succeeds the new release goes live without a gap."
            : "There is no source to build yet."}
        </p>
        <Button
          tone="primary"
          className="w-full"
          isBusy={start.isPending}
          disabled={!hasSource || !capsule.can.includes("deploy")}
          onClick={() => start.mutate()}
        >
          <Hammer /> Build & deploy
        </Button>
      </div>
      {children}
    </Card>
  );
}
