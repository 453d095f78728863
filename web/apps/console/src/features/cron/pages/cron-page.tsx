import type { Capsule, CronJob } from "@capsule/api";
import { Button, Card, CardHead, DialogRoot, EmptyState, ErrorState, Notice, SkeletonRows } from "@capsule/ui";
import { CalendarClock, Plus } from "lucide-react";
import { useState } from "react";
import { useCronJobs } from "../api/use-cron-jobs.ts";
import { CronForm } from "../components/cron-form.tsx";
import { CronRow } from "../components/cron-row.tsx";

/** Commands by the clock, each time in a fresh replica. */
export function CronPage({ capsule }: { capsule: Capsule }) {
  const jobs = useCronJobs(capsule);
  const [open, setOpen] = useState<CronJob | "new" | null>(null);
  const create = (
    <Button tone="primary" size="sm" onClick={() => setOpen("new")}>
      <Plus /> New cron job
    </Button>
  );
  return (
    <div className="space-y-5">
      {!capsule.is_on && <Notice tone="warn">The capsule is switched off; its cron jobs do not run meanwhile.</Notice>}
      <Card>
        <CardHead title="Cron jobs" hint="Each run is a fresh replica of the live release" actions={create} />
        {jobs.isPending && <SkeletonRows />}
        {jobs.isError && <ErrorState error={jobs.error} onRetry={() => void jobs.refetch()} />}
        {jobs.data?.length === 0 && (
          <EmptyState icon={CalendarClock} title="Nothing runs by the clock yet" actions={create}>
            Such as a nightly clean-up, or a report every Monday morning.
          </EmptyState>
        )}
        {jobs.data && jobs.data.length > 0 && (
          <ul aria-label="Cron jobs" className="divide-y">
            {jobs.data.map((job) => (
              <CronRow key={job.id} capsule={capsule} job={job} onEdit={() => setOpen(job)} />
            ))}
          </ul>
        )}
      </Card>
      <DialogRoot open={open !== null} onOpenChange={(isOpen) => !isOpen && setOpen(null)}>
        {open !== null && <CronForm capsule={capsule} job={open === "new" ? null : open} onDone={() => setOpen(null)} />}
      </DialogRoot>
    </div>
  );
}
