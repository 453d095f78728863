import { keys, listRuns, type Capsule } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";

/** The newest runs; asked again while one is under way. */
export const useRuns = (capsule: Capsule, jobId: string | null) =>
  useQuery({
    queryKey: keys.runs(capsule.slug, jobId ?? undefined),
    queryFn: async () => (await listRuns(capsule.id, jobId ?? undefined)).items,
    refetchInterval: (query) =>
      query.state.data?.some((run) => run.status === "queued" || run.status === "running") ? 2_000 : 15_000,
  });
