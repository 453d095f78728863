import { area, curveMonotoneX, line } from "d3-shape";
import { useMemo, useState, type KeyboardEvent } from "react";
import { formatNumber } from "../data/number-format.ts";
import type { ChartType } from "../types.ts";
import { axesOf, MARGIN, type Axes } from "./axes.ts";
import type { ChartData } from "./chart-data.ts";

type AxisPlotProps = { kind: Exclude<ChartType, "pie">; data: ChartData; title: string; width: number; height: number };

export function AxisPlot({ kind, data, title, width, height }: AxisPlotProps) {
  const axes = useMemo(() => axesOf(kind, data, width, height), [kind, data, width, height]);
  const [chosen, setChosen] = useState<number | null>(null);
  const last = data.points.length - 1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") setChosen(null);
    if (step === undefined) return;
    event.preventDefault();
    setChosen((before) => Math.min(last, Math.max(0, before === null ? (step > 0 ? 0 : last) : before + step)));
  };
  return (
    <div className="relative">
      <svg
        role="img"
        aria-label={title}
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        width="100%"
        height={height}
        tabIndex={0}
        className="block touch-pan-y rounded-md"
        onKeyDown={onKeyDown}
        onBlur={() => setChosen(null)}
        onPointerLeave={() => setChosen(null)}
        onPointerMove={(event) => {
          const frame = event.currentTarget.getBoundingClientRect();
          const ratio = frame.width > 0 ? width / frame.width : 1;
          const at = { x: (event.clientX - frame.left) * ratio, y: (event.clientY - frame.top) * ratio };
          setChosen(nearest(kind, data, axes, at));
        }}
      >
        <Grid axes={axes} width={width} height={height} />
        <Shapes kind={kind} data={data} axes={axes} base={height - MARGIN.bottom} chosen={chosen} />
      </svg>
      {chosen !== null && <Tip data={data} axes={axes} index={chosen} width={width} />}
    </div>
  );
}

function nearest(kind: ChartType, data: ChartData, axes: Axes, at: { x: number; y: number }): number {
  const away = (index: number, y: number): number =>
    Math.abs(axes.x(index) - at.x) + (kind === "scatter" ? Math.abs(axes.y(y) - at.y) : 0);
  let best = { index: 0, distance: Infinity };
  data.points.forEach((point, index) => {
    const distance = away(index, point.y);
    if (distance < best.distance) best = { index, distance };
  });
  return best.index;
}

function Grid({ axes, width, height }: { axes: Axes; width: number; height: number }) {
  return (
    <g fontSize={11} fill="var(--ink-faint)">
      {axes.yTicks.map((tick) => (
        <g key={tick.at}>
          <line x1={MARGIN.left} x2={width - MARGIN.right} y1={tick.at} y2={tick.at} stroke="var(--line)" />
          <text x={MARGIN.left - 8} y={tick.at} dy="0.32em" textAnchor="end">
            {tick.label}
          </text>
        </g>
      ))}
      {axes.xTicks.map((tick, index) => (
        <text
          key={index}
          x={tick.at}
          y={height - 8}
          textAnchor={tick.at > width - 28 ? "end" : tick.at < MARGIN.left + 8 ? "start" : "middle"}
        >
          {tick.label.length > 14 ? `${tick.label.slice(0, 13)}…` : tick.label}
        </text>
      ))}
    </g>
  );
}

type ShapesProps = {
  kind: Exclude<ChartType, "pie">;
  data: ChartData;
  axes: Axes;
  base: number;
  chosen: number | null;
};

function Shapes({ kind, data, axes, base, chosen }: ShapesProps) {
  const places = data.points.map((point, index): [number, number] => [axes.x(index), axes.y(point.y)]);
  const zero = Math.min(base, axes.y(0));
  if (kind === "bar") {
    return (
      <g fill="var(--accent)">
        {places.map(([x, y], index) => (
          <rect
            key={index}
            x={x - axes.band / 2}
            y={Math.min(y, zero)}
            width={axes.band}
            height={Math.max(1, Math.abs(zero - y))}
            rx={Math.min(3, axes.band / 4)}
            opacity={chosen === null || chosen === index ? 1 : 0.55}
          />
        ))}
      </g>
    );
  }
  const showsDots = kind === "scatter" || places.length <= 40;
  return (
    <g>
      {kind === "area" && (
        <path d={area().curve(curveMonotoneX).y0(zero)(places) ?? ""} fill="var(--accent)" opacity={0.16} />
      )}
      {kind !== "scatter" && (
        <path
          d={line().curve(curveMonotoneX)(places) ?? ""}
          fill="none"
          stroke="var(--accent)"
          strokeWidth={2}
          strokeLinejoin="round"
        />
      )}
      {places.map(
        ([x, y], index) =>
          (showsDots || index === chosen) && (
            <circle
              key={index}
              cx={x}
              cy={y}
              r={index === chosen ? 5 : kind === "scatter" ? 4 : 2.5}
              fill="var(--accent)"
              fillOpacity={kind === "scatter" && index !== chosen ? 0.7 : 1}
              stroke="var(--surface)"
              strokeWidth={index === chosen ? 2 : 0}
            />
          ),
      )}
    </g>
  );
}

function Tip({ data, axes, index, width }: { data: ChartData; axes: Axes; index: number; width: number }) {
  const point = data.points[index];
  if (!point) return null;
  const share = axes.x(index) / width;
  return (
    <p
      role="status"
      className="pointer-events-none absolute top-1 rounded-md border bg-raised px-2.5 py-1.5 text-xs whitespace-nowrap shadow-float"
      style={share > 0.6 ? { right: `${String((1 - share) * 100 + 2)}%` } : { left: `${String(share * 100 + 2)}%` }}
    >
      <span className="text-ink-faint">{point.label}</span>{" "}
      <span className="font-medium tabular-nums">{formatNumber(point.y)}</span>
    </p>
  );
}
