/** The tabs of a capsule, each composed from the features it needs. */
import { capsuleQuery, type Capsule } from "@capsule/api";
import { SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { TrafficCard } from "#features/access-logs/components/traffic-card.tsx";
import { AccessLogsPage } from "#features/access-logs/pages/access-logs-page.tsx";
import { AccessCard } from "#features/app-access/components/access-card.tsx";
import { IntegrationsCard } from "#features/app-access/components/integrations-card.tsx";
import { BuildsPage } from "#features/builds/pages/builds-page.tsx";
import { BuildAndDeploy } from "#features/builds/components/build-and-deploy.tsx";
import { ChatPage } from "#features/chat/pages/chat-page.tsx";
import { DetailsPage } from "#features/capsules/pages/details-page.tsx";
import { ParametersCard } from "#features/config/components/parameters-card.tsx";
import { NetworkCard } from "#features/config/components/network-card.tsx";
import { RolloutCard } from "#features/config/components/rollout-card.tsx";
import { EnvCard } from "#features/config/components/env-card.tsx";
import { DeploymentList } from "#features/deployments/components/deployment-list.tsx";
import { DeploymentProgress } from "#features/deployments/components/deployment-progress.tsx";
import { ReleaseList } from "#features/deployments/components/release-list.tsx";
import { ReturnNotice } from "#features/deployments/components/return-notice.tsx";
import { isUnderWay } from "#features/deployments/progress.ts";
import { FilesPage } from "#features/files/pages/files-page.tsx";
import { LogsPage } from "#features/logs/pages/logs-page.tsx";
import { ScalePage } from "#features/scale/pages/scale-page.tsx";
import { AutoDeploy } from "#features/sources/components/auto-deploy.tsx";
import { PreviewsCard } from "#features/sources/components/previews-card.tsx";
import { SourceCard } from "#features/sources/components/source-card.tsx";
import { RuntimesPage } from "#features/runtimes/pages/runtimes-page.tsx";

const ROUTE = "/signed-in/app/capsules/$capsule";

function WithCapsule({ children }: { children: (capsule: Capsule) => ReactNode }) {
  const { capsule: key } = useParams({ from: ROUTE });
  const capsule = useQuery(capsuleQuery(key));
  return capsule.data ? children(capsule.data) : <SkeletonRows />;
}

export const CapsuleDetails = () => (
  <WithCapsule>
    {(capsule) => <DetailsPage capsule={capsule}>{capsule.release && <TrafficCard capsule={capsule} />}</DetailsPage>}
  </WithCapsule>
);
export const CapsuleChat = () => (
  <WithCapsule>{(capsule) => <ChatPage key={capsule.id} capsule={capsule} />}</WithCapsule>
);
export const CapsuleScale = () => (
  <WithCapsule>{(capsule) => <ScalePage key={capsule.id} capsule={capsule} />}</WithCapsule>
);
export const CapsuleLogs = () => <WithCapsule>{(capsule) => <LogsPage capsule={capsule} />}</WithCapsule>;
export const CapsuleAccessLogs = () => <WithCapsule>{(capsule) => <AccessLogsPage capsule={capsule} />}</WithCapsule>;

/** Whether new commits come by themselves. */
const isPushed = ({ source }: Capsule): boolean => source.kind === "git" || source.kind === "push";

export const CapsuleDeploy = () => (
  <WithCapsule>
    {(capsule) => (
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem] lg:grid-rows-[auto_1fr]">
        <div className="space-y-5 lg:row-span-2">
          <ReturnNotice capsule={capsule} />
          {isUnderWay(capsule.current_deployment) && (
            <DeploymentProgress capsule={capsule} deployment={capsule.current_deployment} />
          )}
          <ReleaseList capsule={capsule} />
          <DeploymentList capsule={capsule} />
        </div>
        <div className="max-lg:order-first">
          <BuildAndDeploy capsule={capsule}>{isPushed(capsule) && <AutoDeploy capsule={capsule} />}</BuildAndDeploy>
        </div>
        <div className="space-y-5">
          <SourceCard capsule={capsule} />
          {isPushed(capsule) && capsule.parent_id === null && <PreviewsCard capsule={capsule} />}
        </div>
      </div>
    )}
  </WithCapsule>
);

export const CapsuleConfigPage = () => (
  <WithCapsule>
    {(capsule) => (
      <div key={capsule.id} className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[22rem_minmax(0,1fr)]">
        <div className="space-y-5">
          <ParametersCard capsule={capsule} />
          {capsule.type === "app" && <NetworkCard capsule={capsule} />}
        </div>
        <div className="min-w-0 space-y-5">
          <EnvCard capsule={capsule} />
          <RolloutCard capsule={capsule} />
          {capsule.type === "app" && (
            <>
              <AccessCard capsule={capsule} />
              <IntegrationsCard capsule={capsule} />
            </>
          )}
        </div>
      </div>
    )}
  </WithCapsule>
);

export function CapsuleBuilds() {
  const { build } = useSearch({ from: `${ROUTE}/builds` });
  return <WithCapsule>{(capsule) => <BuildsPage capsule={capsule} chosen={build ?? null} />}</WithCapsule>;
}

export function CapsuleRuntimes() {
  const { environment } = useSearch({ from: `${ROUTE}/runtimes` });
  return (
    <WithCapsule>{(capsule) => <RuntimesPage capsule={capsule} environment={environment ?? "deploy"} />}</WithCapsule>
  );
}

export function CapsuleFiles() {
  const { path } = useSearch({ from: `${ROUTE}/files` });
  return <WithCapsule>{(capsule) => <FilesPage capsule={capsule} folder={path ?? "/"} />}</WithCapsule>;
}
