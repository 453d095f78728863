import {
  asProblem,
  createCronJob,
  keys,
  updateCronJob,
  type Capsule,
  type Concurrency,
  type CronJob,
  type Missed,
} from "@capsule/api";
import { Button, DialogClose, DialogContent, Field, Input, NativeSelect } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSchedule } from "../api/use-cron-jobs.ts";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Make a job, or change one. */
export function CronForm({ capsule, job, onDone }: { capsule: Capsule; job: CronJob | null; onDone: () => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(job?.name ?? "");
  const [schedule, setSchedule] = useState(job?.schedule ?? "0 3 * * *");
  const [timezone, setTimezone] = useState(job?.timezone ?? HERE);
  const [command, setCommand] = useState(job?.command ?? "");
  const [concurrency, setConcurrency] = useState<Concurrency>(job?.concurrency ?? "forbid");
  const [missed, setMissed] = useState<Missed>(job?.missed ?? "skip");
  const preview = useSchedule(capsule, schedule, timezone);
  const save = useMutation({
    mutationFn: () => {
      const wanted = { name, schedule, timezone, command, concurrency, missed };
      return job === null ? createCronJob(capsule.id, wanted) : updateCronJob(job.id, wanted);
    },
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.cronJobs(capsule.slug) });
      onDone();
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  const wrong = preview.isError ? asProblem(preview.error) : null;
  const times = preview.data?.next_times.map((time) => moment.format(new Date(time))) ?? [];
  return (
    <DialogContent title={job === null ? "New cron job" : `Change ${job.name}`} data-testid="cron-form">
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate();
        }}
      >
        <Field label="Name" hint="Small letters, digits and hyphens">
          {(control) => (
            <Input {...control} name="name" required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Schedule"
            hint={times.length > 0 ? `Next: ${times.join("; ")}` : "Minute, hour, day, month, day of week"}
            error={wrong && [wrong.detail, wrong.hint].filter(Boolean).join(" ")}
          >
            {(control) => (
              <Input {...control} name="schedule" required className="font-mono" autoComplete="off" spellCheck={false} value={schedule} onChange={(event) => setSchedule(event.target.value)} />
            )}
          </Field>
          <Field label="Time zone">
            {(control) => (
              <Input {...control} name="timezone" required autoComplete="off" spellCheck={false} value={timezone} onChange={(event) => setTimezone(event.target.value)} />
            )}
          </Field>
        </div>
        <Field label="Command" hint="A shell line, run in a fresh replica of the live release">
          {(control) => (
            <Input {...control} name="command" required className="font-mono" autoComplete="off" spellCheck={false} value={command} onChange={(event) => setCommand(event.target.value)} />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="While the run before goes on">
            {(control) => (
              <NativeSelect {...control} value={concurrency} onChange={(event) => setConcurrency(event.target.value as Concurrency)}>
                <option value="forbid">Leave the new one out</option>
                <option value="allow">Run both</option>
                <option value="replace">End the old one</option>
              </NativeSelect>
            )}
          </Field>
          <Field label="Times missed while the platform was away">
            {(control) => (
              <NativeSelect {...control} value={missed} onChange={(event) => setMissed(event.target.value as Missed)}>
                <option value="skip">Skip them</option>
                <option value="once">Run once for all of them</option>
              </NativeSelect>
            )}
          </Field>
        </div>
        {problem && (
          <p role="alert" className="text-xs text-bad-text">
            {[problem.detail, problem.hint].filter(Boolean).join(" ")}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <DialogClose asChild>
            <Button>Cancel</Button>
          </DialogClose>
          <Button type="submit" tone="primary" isBusy={save.isPending}>
            {job === null ? "Create" : "Save"}
          </Button>
        </div>
      </form>
    </DialogContent>
  );
}
