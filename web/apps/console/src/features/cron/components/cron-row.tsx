import { deleteCronJob, keys, runCronJob, updateCronJob, type Capsule, type CronJob } from "@capsule/api";
import { AskButton, Button, StatusBadge, Switch, Time, toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Play, Trash2 } from "lucide-react";
import { dueTimes } from "../times.ts";

export function CronRow({ capsule, job, onEdit }: { capsule: Capsule; job: CronJob; onEdit: () => void }) {
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: keys.cronJobs(capsule.slug) });
  const run = useMutation({
    mutationFn: () => runCronJob(job.id),
    onSuccess: () => toast(`${job.name} runs`),
    onError: (error) => toastProblem(`${job.name} was not run`, error),
    onSettled: refresh,
  });
  const turn = useMutation({
    mutationFn: (isOn: boolean) => updateCronJob(job.id, { is_on: isOn }),
    onError: (error) => toastProblem(`${job.name} was not switched`, error),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => deleteCronJob(job.id),
    onError: (error) => toastProblem(`${job.name} was not removed`, error),
    onSettled: () => refresh(),
  });
  return (
    <li data-testid="cron-row" className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <Switch
        aria-label={`${job.name} is on`}
        checked={job.is_on}
        disabled={turn.isPending || !job.can.includes("update")}
        onCheckedChange={(isOn) => turn.mutate(isOn)}
      />
      <div className="min-w-0 flex-1 basis-64">
        <p className="text-sm font-medium">
          {job.name} <code className="ml-1 font-mono text-xs text-ink-soft">{job.schedule}</code>{" "}
          <span className="text-xs text-ink-faint">{job.timezone}</span>
        </p>
        <code className="block truncate font-mono text-xs text-ink-soft">{job.command}</code>
        <p className="text-xs text-ink-faint" data-testid="next-times">
          {job.is_on ? `Next: ${dueTimes(job.next_times, job.timezone)}` : "Off"}
        </p>
      </div>
      <Link
        to="/capsules/$capsule/runs"
        params={{ capsule: capsule.slug }}
        search={{ job: job.id }}
        className="flex items-center gap-2 text-xs text-ink-soft hover:text-ink"
      >
        {job.last_run ? (
          <>
            <StatusBadge status={job.last_run.status} /> <Time at={job.last_run.created_at} />
          </>
        ) : (
          "Has not run yet"
        )}
      </Link>
      <div className="flex gap-1">
        <Button size="sm" isBusy={run.isPending} onClick={() => run.mutate()}>
          <Play /> Run now
        </Button>
        <Button size="icon-sm" tone="quiet" aria-label={`Change ${job.name}`} onClick={onEdit}>
          <Pencil />
        </Button>
        <AskButton
          size="icon-sm"
          tone="danger-quiet"
          aria-label={`Remove ${job.name}`}
          title={`Remove the cron job ${job.name}?`}
          consequence="A run that goes on comes to its own end."
          confirmLabel="Remove"
          isBusy={remove.isPending}
          onConfirm={(close) => remove.mutate(undefined, { onSettled: close })}
        >
          <Trash2 />
        </AskButton>
      </div>
    </li>
  );
}
