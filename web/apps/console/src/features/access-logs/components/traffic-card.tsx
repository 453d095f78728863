import { keys, listAccessLogs, type Capsule } from "@capsule/api";
import { Card, CardHead, cn, duration } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { summarise, WINDOW_MINUTES, type Traffic } from "../traffic.ts";

const MOST = 2000;

/** Requests, errors and durations of the last minutes. */
export function TrafficCard({ capsule }: { capsule: Capsule }) {
  const traffic = useQuery({
    queryKey: keys.traffic(capsule.slug),
    queryFn: async () => {
      const now = Date.now();
      const since = new Date(now - WINDOW_MINUTES * 60_000).toISOString();
      const { items } = await listAccessLogs(capsule.id, { limit: MOST, since });
      return { ...summarise(items, now), isCut: items.length === MOST };
    },
    refetchInterval: 5_000,
  });
  return (
    <Card>
      <CardHead
        title="Traffic"
        hint={`The last ${String(WINDOW_MINUTES)} minutes`}
        actions={
          <Link
            to="/capsules/$capsule/access-logs"
            params={{ capsule: capsule.slug }}
            className="text-xs text-accent-text hover:underline"
          >
            All requests
          </Link>
        }
      />
      <div className="flex flex-wrap items-end gap-x-8 gap-y-4 p-4" aria-busy={traffic.isPending}>
        <dl className="flex flex-wrap gap-x-8 gap-y-3">
          <Figure name="Requests" value={counted(traffic.data?.requests, traffic.data?.isCut)} />
          <Figure name="Server errors" value={counted(traffic.data?.failed)} isBad={(traffic.data?.failed ?? 0) > 0} />
          <Figure name="Median" value={spent(traffic.data?.median)} />
          <Figure name="95 % under" value={spent(traffic.data?.slowest)} />
        </dl>
        <Minutes minutes={traffic.data?.minutes ?? []} />
      </div>
    </Card>
  );
}

const counted = (count: number | undefined, isCut = false): string =>
  count === undefined ? "–" : `${String(count)}${isCut ? "+" : ""}`;
const spent = (milliseconds: number | null | undefined): string =>
  milliseconds == null ? "–" : milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : duration(milliseconds);

function Figure({ name, value, isBad = false }: { name: string; value: string; isBad?: boolean }) {
  return (
    <div className="min-w-16">
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className={cn("text-lg font-semibold tabular-nums", isBad && "text-bad-text")}>{value}</dd>
    </div>
  );
}

function Minutes({ minutes }: { minutes: Traffic["minutes"] }) {
  const most = Math.max(1, ...minutes.map((minute) => minute.requests));
  return (
    <svg
      viewBox={`0 0 ${String(WINDOW_MINUTES * 10)} 40`}
      className="h-10 min-w-36 flex-1"
      preserveAspectRatio="none"
      role="img"
      aria-label="Requests of each minute"
    >
      {minutes.map(({ requests, failed }, index) => {
        const height = requests === 0 ? 1 : 3 + (37 * requests) / most;
        const bad = requests === 0 ? 0 : (height * failed) / requests;
        const ago = WINDOW_MINUTES - 1 - index;
        return (
          <g key={ago}>
            <title>{`${String(requests)} requests ${ago === 0 ? "in the last minute" : `${String(ago)} min ago`}`}</title>
            <rect
              x={index * 10 + 1}
              y={40 - height}
              width={8}
              height={height}
              className={requests === 0 ? "fill-line" : "fill-accent"}
            />
            {bad > 0 && <rect x={index * 10 + 1} y={40 - bad} width={8} height={bad} className="fill-bad" />}
          </g>
        );
      })}
    </svg>
  );
}
