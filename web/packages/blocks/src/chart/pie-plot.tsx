import { arc, pie } from "d3-shape";
import { useMemo, useState } from "react";
import { formatNumber } from "../data/number-format.ts";
import type { ChartData } from "./chart-data.ts";
import { colorAt } from "./colors.ts";

const MOST_SLICES = 8;
const RADIUS = 100;

type Slice = { label: string; value: number };

/** One slice per label; small ones beyond the eighth are drawn together. */
export function slicesOf(data: ChartData): Slice[] {
  const sums = new Map<string, number>();
  for (const { label, y } of data.points) if (y > 0) sums.set(label, (sums.get(label) ?? 0) + y);
  const slices = [...sums].map(([label, value]) => ({ label, value })).sort((a, b) => b.value - a.value);
  if (slices.length <= MOST_SLICES) return slices;
  const rest = slices.slice(MOST_SLICES - 1);
  return [
    ...slices.slice(0, MOST_SLICES - 1),
    { label: `${String(rest.length)} others`, value: rest.reduce((sum, slice) => sum + slice.value, 0) },
  ];
}

export function PiePlot({ data, title }: { data: ChartData; title: string }) {
  const slices = useMemo(() => slicesOf(data), [data]);
  const [chosen, setChosen] = useState<number | null>(null);
  const total = slices.reduce((sum, slice) => sum + slice.value, 0);
  const angles = pie<Slice>()
    .sort(null)
    .value((slice) => slice.value)(slices);
  const shape = arc<(typeof angles)[number]>().innerRadius(RADIUS * 0.58).outerRadius(RADIUS).cornerRadius(2);
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-8 gap-y-4 py-2">
      <svg role="img" aria-label={title} viewBox="-104 -104 208 208" className="w-44 max-w-full shrink-0">
        {angles.map((angle, index) => (
          <path
            key={angle.data.label}
            d={shape(angle) ?? ""}
            fill={colorAt(index)}
            stroke="var(--surface)"
            strokeWidth={1.5}
            opacity={chosen === null || chosen === index ? 1 : 0.45}
            onPointerEnter={() => setChosen(index)}
            onPointerLeave={() => setChosen(null)}
          />
        ))}
      </svg>
      <ul className="min-w-40 space-y-1 text-sm">
        {slices.map((slice, index) => (
          <li
            key={slice.label}
            className="flex items-baseline gap-2"
            onPointerEnter={() => setChosen(index)}
            onPointerLeave={() => setChosen(null)}
          >
            <span className="size-2.5 shrink-0 rounded-xs" style={{ background: colorAt(index) }} aria-hidden />
            <span className="min-w-0 flex-1 break-words">{slice.label}</span>
            <span className="text-xs text-ink-faint tabular-nums">
              {formatNumber(slice.value)} · {Math.round((slice.value / total) * 100)}%
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
