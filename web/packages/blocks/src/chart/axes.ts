/** Where the points of a chart with axes lie. */
import { scaleBand, scaleLinear, scalePoint, scaleTime, scaleUtc } from "d3-scale";
import { formatNumber } from "../data/number-format.ts";
import type { ChartType } from "../types.ts";
import type { ChartData } from "./chart-data.ts";

export const MARGIN = { top: 12, right: 12, bottom: 26, left: 48 };
const LABEL_PX = 76;
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export type Tick = { at: number; label: string };
export type Axes = {
  x: (index: number) => number;
  y: (value: number) => number;
  xTicks: Tick[];
  yTicks: Tick[];
  /** Of a bar, in pixels. */
  band: number;
};

export function axesOf(kind: ChartType, data: ChartData, width: number, height: number): Axes {
  const { points } = data;
  const [left, right] = [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)];
  const values = points.map((point) => point.y);
  const fromZero = kind === "bar" || kind === "area";
  const y = scaleLinear()
    .domain([Math.min(...(fromZero ? [0] : []), ...values), Math.max(...(fromZero ? [0] : []), ...values)])
    .nice(5)
    .range([height - MARGIN.bottom, MARGIN.top]);
  const yTicks = labelled(y.ticks(5)).map(([value, label]) => ({ at: y(value), label }));

  if (kind === "bar" || data.scale === "category") {
    const keys = points.map((_, index) => String(index));
    const bands = scaleBand().domain(keys).range([left, right]).padding(0.25);
    const dots = scalePoint().domain(keys).range([left, right]).padding(0.5);
    const x = (index: number): number =>
      kind === "bar" ? (bands(String(index)) ?? 0) + bands.bandwidth() / 2 : (dots(String(index)) ?? 0);
    const every = Math.max(1, Math.ceil((points.length * LABEL_PX) / (right - left)));
    const xTicks = points.flatMap((point, index) => (index % every === 0 ? [{ at: x(index), label: point.label }] : []));
    return { x, y, xTicks, yTicks, band: bands.bandwidth() };
  }

  const positions = points.map((point) => point.x ?? 0);
  const domain: [number, number] = [Math.min(...positions), Math.max(...positions)];
  const count = Math.max(2, Math.floor((right - left) / LABEL_PX));
  if (data.scale === "time") {
    const isDays = positions.every((at) => at % 86_400_000 === 0);
    const x = (isDays ? scaleUtc() : scaleTime()).domain(domain).range([left, right]);
    const format = x.tickFormat(count);
    const xTicks = x.ticks(count).map((at) => ({ at: x(at), label: format(at) }));
    return { x: (index) => x(positions[index] ?? 0), y, xTicks, yTicks, band: 0 };
  }
  const x = scaleLinear().domain(domain).nice(count).range([left, right]);
  const xTicks = labelled(x.ticks(count)).map(([at, label]) => ({ at: x(at), label }));
  return { x: (index) => x(positions[index] ?? 0), y, xTicks, yTicks, band: 0 };
}

/** Years stay as they are; where one number of an axis is large, all are shortened. */
function labelled(values: number[]): [number, string][] {
  const isLarge = values.some((value) => Math.abs(value) >= 10_000);
  const text = (value: number): string =>
    isLarge ? compact.format(value) : Number.isInteger(value) ? String(value) : formatNumber(value);
  return values.map((value) => [value, text(value)]);
}
