/** Commands of a capsule: once, and by the clock. */
import { capsuleQuery } from "@capsule/api";
import { SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { CronPage } from "#features/cron/pages/cron-page.tsx";
import { RunsPage } from "#features/runs/pages/runs-page.tsx";

const ROUTE = "/signed-in/app/capsules/$capsule";

function useCapsule() {
  return useQuery(capsuleQuery(useParams({ from: ROUTE }).capsule)).data;
}

export function CapsuleRuns() {
  const capsule = useCapsule();
  const { run, job } = useSearch({ from: `${ROUTE}/runs` });
  return capsule ? <RunsPage capsule={capsule} chosen={run ?? null} jobId={job ?? null} /> : <SkeletonRows />;
}

export function CapsuleCron() {
  const capsule = useCapsule();
  return capsule ? <CronPage key={capsule.id} capsule={capsule} /> : <SkeletonRows />;
}
