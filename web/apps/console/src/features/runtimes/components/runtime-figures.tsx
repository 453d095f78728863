import type { RuntimeReport } from "@capsule/api";
import { byteSize, Card, StatusDot } from "@capsule/ui";
import type { ReactNode } from "react";
import { sharedPart, wakeTime } from "../runtime-words.ts";
import { WakeBars } from "./wake-bars.tsx";

/** How many runtimes there are, what memory they take and how fast they wake. */
export function RuntimeFigures({ report }: { report: RuntimeReport }) {
  const { counts } = report;
  const share = `${String(Math.round(sharedPart(report) * 100))}%`;
  return (
    <div className="grid gap-5 sm:grid-cols-2 xl:grid-cols-[auto_auto_minmax(0,1fr)]">
      <Figures label="Runtimes">
        <Figure name={<><StatusDot status="warm" /> Warm</>} value={String(counts.warm)} />
        <Figure name={<><StatusDot status={counts.waking > 0 ? "waking" : "cold"} /> Waking</>} value={String(counts.waking)} />
        <Figure name={<><StatusDot status="cold" /> Cold</>} value={String(counts.cold)} />
      </Figures>
      <Figures
        label="Memory"
        foot={
          <div className="flex h-1.5 overflow-hidden rounded-full bg-hover" aria-hidden>
            <span className="bg-idle" style={{ width: share }} />
            {report.memory_bytes > 0 && <span className="flex-1 bg-accent" />}
          </div>
        }
      >
        <Figure name={<><span className="size-2 rounded-full bg-accent" /> Their own</>} value={byteSize(report.memory_bytes)} />
        <Figure
          name={<><span className="size-2 rounded-full bg-idle" /> Shared by all</>}
          value={report.shared_bytes === null ? "–" : byteSize(report.shared_bytes)}
        />
      </Figures>
      <Card className="flex min-w-0 flex-wrap items-end gap-x-8 gap-y-3 p-4 sm:col-span-2 xl:col-span-1">
        <dl aria-label="Waking" className="flex gap-x-8 self-start">
          <Figure name="Median wake" value={wakeTime(report.wake_p50_seconds)} />
          <Figure name="95 % under" value={wakeTime(report.wake_p95_seconds)} />
        </dl>
        <WakeBars items={report.items} />
      </Card>
    </div>
  );
}

function Figures({ label, children, foot }: { label: string; children: ReactNode; foot?: ReactNode }) {
  return (
    <Card className="flex flex-col justify-between gap-3 p-4">
      <dl aria-label={label} className="flex flex-wrap gap-x-8 gap-y-3">
        {children}
      </dl>
      {foot}
    </Card>
  );
}

function Figure({ name, value }: { name: ReactNode; value: string }) {
  return (
    <div className="min-w-14">
      <dt className="flex items-center gap-1.5 text-xs whitespace-nowrap text-ink-faint">{name}</dt>
      <dd className="text-lg font-semibold whitespace-nowrap tabular-nums">{value}</dd>
    </div>
  );
}
