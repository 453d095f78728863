import { keys, listCronJobs, previewSchedule, type Capsule } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";

export const useCronJobs = (capsule: Capsule) =>
  useQuery({
    queryKey: keys.cronJobs(capsule.slug),
    queryFn: async () => (await listCronJobs(capsule.id)).items,
    refetchInterval: 15_000,
  });

/** The next times of a schedule that is being typed, or what is wrong with it. */
export const useSchedule = (capsule: Capsule, schedule: string, timezone: string) =>
  useQuery({
    queryKey: keys.schedule(schedule, timezone),
    queryFn: () => previewSchedule(capsule.id, schedule, timezone),
    enabled: schedule.trim() !== "",
    retry: false,
    placeholderData: (before) => before,
  });
