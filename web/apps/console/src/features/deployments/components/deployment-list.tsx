import type { Capsule } from "@capsule/api";
import { Button, Card, CardHead, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { useDeployments } from "../api/use-deployments.ts";
import { DeploymentRow } from "./deployment-row.tsx";

const FEW = 8;

export function DeploymentList({ capsule }: { capsule: Capsule }) {
  const deployments = useDeployments(capsule);
  const [showsAll, setShowsAll] = useState(false);
  const all = deployments.data ?? [];
  const live = all.find((item) => item.release_id === capsule.release?.id && item.status === "succeeded");
  return (
    <Card>
      <CardHead title="Deployments" hint="Each attempt to make a release live, and what it cost" />
      {deployments.isPending && <SkeletonRows />}
      {deployments.isError && <ErrorState error={deployments.error} onRetry={() => void deployments.refetch()} />}
      {deployments.data?.length === 0 && (
        <EmptyState icon={Rocket} title="Nothing was deployed yet">
          A build that succeeds becomes a release and is deployed by itself.
        </EmptyState>
      )}
      {all.length > 0 && (
        <ul className="divide-y" aria-label="Deployments">
          {all.slice(0, showsAll ? undefined : FEW).map((deployment, index) => (
            <DeploymentRow
              key={deployment.id}
              deployment={deployment}
              isOpen={index === 0 && deployment.status === "failed"}
              isLive={deployment === live}
            />
          ))}
        </ul>
      )}
      {!showsAll && all.length > FEW && (
        <div className="border-t p-2 text-center">
          <Button tone="quiet" size="sm" onClick={() => setShowsAll(true)}>
            Show all {all.length}
          </Button>
        </div>
      )}
    </Card>
  );
}
