import { keys, listDeployments, type Capsule } from "@capsule/api";
import { Card, CardHead, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { DeploymentRow } from "./deployment-row.tsx";

export function DeploymentList({ capsule }: { capsule: Capsule }) {
  const deployments = useQuery({
    queryKey: keys.deployments(capsule.slug),
    queryFn: async () => (await listDeployments(capsule.id)).items,
    refetchInterval: (query) =>
      query.state.data?.some((item) => item.status === "queued" || item.status === "running") ? 3_000 : false,
  });
  return (
    <Card>
      <CardHead title="Deployments" hint="Each attempt to make a release live" />
      {deployments.isPending && <SkeletonRows />}
      {deployments.isError && <ErrorState error={deployments.error} onRetry={() => void deployments.refetch()} />}
      {deployments.data?.length === 0 && (
        <EmptyState icon={Rocket} title="Nothing was deployed yet">
          A build that succeeds becomes a release and is deployed by itself.
        </EmptyState>
      )}
      {deployments.data && deployments.data.length > 0 && (
        <ul className="divide-y" aria-label="Deployments">
          {deployments.data.map((deployment, index) => (
            <DeploymentRow
              key={deployment.id}
              deployment={deployment}
              isOpen={index === 0 && deployment.status === "failed"}
              isLive={capsule.release?.id === deployment.release_id && deployment.status === "succeeded"}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}
