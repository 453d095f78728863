/** One-off commands, cron jobs, and shells inside running replicas. */
import { API_ROOT, path, request, withQuery } from "../client.ts";
import type { CronJob, CronJobChange, Items, NewCronJob, Replica, Run, SchedulePreview, Shell } from "../types.ts";

export const listRuns = (capsule: string, cronJob?: string): Promise<Items<Run>> =>
  request("GET", path("/capsules/{}/runs", capsule), { query: { cron_job: cronJob } });
export const startRun = (capsule: string, command: string): Promise<Run> =>
  request("POST", path("/capsules/{}/runs", capsule), { json: { command } });
export const cancelRun = (run: string): Promise<Run> => request("POST", path("/runs/{}/cancel", run));
export const runLogsUrl = (run: string): string => API_ROOT + path("/runs/{}/logs/stream", run);

export const listCronJobs = (capsule: string): Promise<Items<CronJob>> =>
  request("GET", path("/capsules/{}/cron-jobs", capsule));
export const createCronJob = (capsule: string, job: NewCronJob): Promise<CronJob> =>
  request("POST", path("/capsules/{}/cron-jobs", capsule), { json: job });
export const updateCronJob = (job: string, change: CronJobChange): Promise<CronJob> =>
  request("PATCH", path("/cron-jobs/{}", job), { json: change });
export const deleteCronJob = (job: string): Promise<void> => request("DELETE", path("/cron-jobs/{}", job));
export const runCronJob = (job: string): Promise<Run> => request("POST", path("/cron-jobs/{}/run", job));
/** When a schedule would be due next; refused with a sentence when it is none. */
export const previewSchedule = (capsule: string, schedule: string, timezone: string): Promise<SchedulePreview> =>
  request("GET", path("/capsules/{}/cron-jobs/preview", capsule), { query: { schedule, timezone } });

export const listReplicas = (capsule: string): Promise<Items<Replica>> =>
  request("GET", path("/capsules/{}/replicas", capsule));
export const openShell = (replica: string, size: { columns: number; rows: number }): Promise<Shell> =>
  request("POST", path("/replicas/{}/shells", replica), { json: size });
export const readShell = (replica: string, shell: string): Promise<Shell> =>
  request("GET", path("/replicas/{}/shells/{}", replica, shell));
export const closeShell = (replica: string, shell: string): Promise<void> =>
  request("DELETE", path("/replicas/{}/shells/{}", replica, shell));
/** `data` is base64. */
export const writeShell = (replica: string, shell: string, data: string): Promise<void> =>
  request("POST", path("/replicas/{}/shells/{}/input", replica, shell), { json: { data } });
export const resizeShell = (replica: string, shell: string, size: { columns: number; rows: number }): Promise<void> =>
  request("POST", path("/replicas/{}/shells/{}/resize", replica, shell), { json: size });
export const shellStreamUrl = (replica: string, shell: string, after: number): string =>
  withQuery(API_ROOT + path("/replicas/{}/shells/{}/stream", replica, shell), { after });
