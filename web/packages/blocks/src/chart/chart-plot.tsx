/** Draws a chart as SVG: sharp at every size, coloured by the theme's variables. */
import { useEffect, useRef, useState } from "react";
import type { ChartType } from "../types.ts";
import { AxisPlot } from "./axis-plot.tsx";
import type { ChartData } from "./chart-data.ts";
import { PiePlot } from "./pie-plot.tsx";

const HEIGHT_PX = 260;
const FIRST_WIDTH_PX = 640;

type ChartPlotProps = { kind: ChartType; data: ChartData; title: string };

export default function ChartPlot({ kind, data, title }: ChartPlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(FIRST_WIDTH_PX);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} className="min-w-0">
      {kind === "pie" ? (
        <PiePlot data={data} title={title} />
      ) : (
        <AxisPlot kind={kind} data={data} title={title} width={width} height={HEIGHT_PX} />
      )}
    </div>
  );
}
