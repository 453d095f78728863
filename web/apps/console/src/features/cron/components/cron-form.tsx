import {
  createCronJob,
  keys,
  updateCronJob,
  type Capsule,
  type Concurrency,
  type CronJob,
  type Missed,
} from "@capsule/api";
import { DialogContent, Field, Form, Input, NativeSelect, problemText } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSchedule } from "../api/use-cron-jobs.ts";
import { dueTimes } from "../times.ts";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

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
  const times = dueTimes(preview.data?.next_times ?? [], timezone);
  return (
    <DialogContent title={job === null ? "New cron job" : `Change ${job.name}`} className="max-w-lg" data-testid="cron-form">
      <Form className="mt-4" sending={save} submit={job === null ? "Create" : "Save"} onSubmit={() => save.mutate()}>
        <Field label="Name" hint="Small letters, digits and hyphens">
          {(control) => (
            <Input {...control} name="name" required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label="Schedule"
            hint={times !== "" ? `Next: ${times}` : "Minute, hour, day, month, day of week"}
            error={problemText(preview)}
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
          <Field label="While one still runs">
            {(control) => (
              <NativeSelect {...control} className="w-full" value={concurrency} onChange={(event) => setConcurrency(event.target.value as Concurrency)}>
                <option value="forbid">Leave the new one out</option>
                <option value="allow">Run both</option>
                <option value="replace">End the old one</option>
              </NativeSelect>
            )}
          </Field>
          <Field label="Times missed" hint="While the platform was away">
            {(control) => (
              <NativeSelect {...control} className="w-full" value={missed} onChange={(event) => setMissed(event.target.value as Missed)}>
                <option value="skip">Skip them</option>
                <option value="once">Run once for all of them</option>
              </NativeSelect>
            )}
          </Field>
        </div>
      </Form>
    </DialogContent>
  );
}
