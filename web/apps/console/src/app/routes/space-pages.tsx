import { findSpace, spacesQuery, type Space } from "@capsule/api";
import { buttonStyle, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { rememberSpace } from "#config/last-space.ts";
import { CapsuleListPage } from "#features/capsules/pages/capsule-list-page.tsx";
import { CreateCapsulePage } from "#features/create/pages/create-capsule-page.tsx";
import { ConnectHost } from "#features/git-hosts/components/connect-host.tsx";
import { SecretsPage } from "#features/secrets/pages/secrets-page.tsx";

/** Finds the space of the address once for every page below it. */
function WithSpace({ children }: { children: (space: Space, spaces: Space[]) => ReactNode }) {
  const { space: key } = useParams({ from: "/signed-in/app/spaces/$space" });
  const spaces = useQuery(spacesQuery);
  const space = spaces.data && findSpace(key, spaces.data);
  useEffect(() => {
    if (space) rememberSpace(space.id);
  }, [space]);
  if (spaces.isError) return <ErrorState error={spaces.error} onRetry={() => void spaces.refetch()} />;
  if (!spaces.data) return <SkeletonRows />;
  if (!space) {
    return (
      <EmptyState icon={Compass} title={`No space “${key}”`} className="py-24"
        actions={
          <Link to="/spaces" className={buttonStyle({ tone: "primary" })}>
            All spaces
          </Link>
        }
      >
        It was removed, or it belongs to a team you are not in.
      </EmptyState>
    );
  }
  return children(space, spaces.data);
}

export const SpaceCapsules = () => <WithSpace>{(space) => <CapsuleListPage key={space.id} space={space} />}</WithSpace>;
export const SpaceSecrets = () => <WithSpace>{(space) => <SecretsPage key={space.id} space={space} />}</WithSpace>;
export function SpaceNewCapsule() {
  const { type, step } = useSearch({ from: "/signed-in/app/spaces/$space/new" });
  return (
    <WithSpace>
      {(space) => <CreateCapsulePage key={space.id} space={space} type={type ?? null} step={step ?? null} connect={(onConnected) => <ConnectHost team={space.team_id} onConnected={onConnected} />} />}
    </WithSpace>
  );
}
