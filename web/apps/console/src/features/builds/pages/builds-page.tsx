import { keys, listBuilds, type Capsule } from "@capsule/api";
import { buttonStyle, Card, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Hammer } from "lucide-react";
import { BuildDetail } from "../components/build-detail.tsx";
import { BuildList } from "../components/build-list.tsx";

type BuildsPageProps = { capsule: Capsule; chosen: string | null };

export function BuildsPage({ capsule, chosen }: BuildsPageProps) {
  const builds = useQuery({
    queryKey: keys.builds(capsule.slug),
    queryFn: async () => (await listBuilds(capsule.id)).items,
    refetchInterval: (query) =>
      query.state.data?.some((build) => build.status === "queued" || build.status === "running") ? 3_000 : false,
  });
  if (builds.isPending) {
    return (
      <Card>
        <SkeletonRows />
      </Card>
    );
  }
  if (builds.isError) return <ErrorState error={builds.error} onRetry={() => void builds.refetch()} />;
  const build = builds.data.find((candidate) => candidate.id === chosen) ?? builds.data[0];
  if (!build) {
    return (
      <Card>
        <EmptyState
          icon={Hammer}
          title="Nothing was built yet"
          actions={
            <Link to="/capsules/$capsule/deploy" params={{ capsule: capsule.slug }} className={buttonStyle()}>
              Go to Deploy
            </Link>
          }
        >
          Every build is kept here with its plan and its log.
        </EmptyState>
      </Card>
    );
  }
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[17rem_minmax(0,1fr)]">
      <BuildList builds={builds.data} chosen={build.id} capsule={capsule} />
      <BuildDetail key={build.id} build={build} capsule={capsule} />
    </div>
  );
}
