import type { CSSProperties } from "react";
import { cn } from "@capsule/ui";
import { Icon } from "../icon.tsx";
import { InlineMarkdown } from "../inline-markdown.tsx";
import type { NodeOf, Size } from "../types.ts";
import { WidgetPart, WidgetParts } from "../widget.tsx";
import { length, track } from "./css-size.ts";

export function PageView({ node }: { node: NodeOf<"page"> }) {
  return (
    <div className="flex min-w-0 flex-col gap-5" data-widget="page">
      <WidgetParts nodes={node.children} />
    </div>
  );
}

const ALIGN = { start: "start", center: "center", end: "end", stretch: "stretch" } as const;

/** Framed widgets in a row are as high as the highest. */
const FILLING = "[&>:is([data-widget=metric],[data-widget=card],[data-widget=action_card],[data-widget=gallery_card])]:grow";

/** Side by side; below each other where the row is narrower than its tracks. */
export function RowView({ node }: { node: NodeOf<"row"> }) {
  const children = Array.isArray(node.children) ? node.children : [];
  const count = Math.max(1, node.columns?.length ?? children.length);
  const least = leastWidths(node.min_widths, count);
  const tracks = Array.from({ length: count }, (_, index) => track(node.columns?.[index], least[index]));
  const isStretched = node.align === undefined || node.align === "stretch";
  const style = {
    "--tracks": tracks.join(" "),
    gap: length(node.gap) ?? "1rem",
    alignItems: (node.align && ALIGN[node.align]) ?? "stretch",
  } as CSSProperties;
  return (
    <div className={cn("@container min-w-0", node.fill === true && "min-h-0 flex-1")} data-widget="row">
      <div
        className={cn(
          "grid grid-cols-[minmax(0,1fr)] overflow-x-auto @lg:grid-cols-(--tracks)",
          node.fill === true && "h-full",
        )}
        style={style}
      >
        {children.map((child, index) => (
          <div key={index} className={cn("flex min-w-0 flex-col", isStretched && FILLING)}>
            <WidgetPart node={child} />
          </div>
        ))}
      </div>
    </div>
  );
}

function leastWidths(widths: Size | Size[] | undefined, count: number): string[] {
  return Array.from({ length: count }, (_, index) => length(Array.isArray(widths) ? widths[index] : widths) ?? "0px");
}

export function ColumnView({ node }: { node: NodeOf<"column"> }) {
  const rows = Array.isArray(node.rows) ? node.rows.map((row) => track(row, "min-content")).join(" ") : undefined;
  const style: CSSProperties = {
    gap: length(node.gap) ?? "1rem",
    ...(length(node.width) === undefined ? {} : { width: length(node.width), maxWidth: "100%" }),
    ...(flexOf(node.flex) === undefined ? {} : { flex: flexOf(node.flex) }),
    ...(rows === undefined ? {} : { display: "grid", gridTemplateRows: rows, gridTemplateColumns: "minmax(0, 1fr)" }),
  };
  return (
    <div className={cn("flex min-w-0 flex-col", node.fill === true && "min-h-0 flex-1")} style={style} data-widget="column">
      <WidgetParts nodes={node.children} />
    </div>
  );
}

function flexOf(flex: Size | undefined): string | number | undefined {
  if (typeof flex === "number") return flex;
  return flex !== undefined && /^[\d.]+( [\d.]+)?( [\w.%]+)?$|^(auto|none|initial)$/.test(flex) ? flex : undefined;
}

export function CardView({ node }: { node: NodeOf<"card"> }) {
  const hasHead = node.title !== undefined || node.icon !== undefined;
  return (
    <section
      className={cn("min-w-0", node.bordered === true && "rounded-lg border bg-surface p-4 shadow-soft")}
      data-widget="card"
    >
      {hasHead && (
        <header className="mb-3 flex items-center gap-2">
          {node.icon !== undefined && (
            <span className="grid size-7 shrink-0 place-items-center rounded-md bg-accent-soft text-accent-text">
              <Icon name={node.icon} className="size-4" />
            </span>
          )}
          {node.title !== undefined && <h3 className="min-w-0 text-base font-semibold break-words">{node.title}</h3>}
        </header>
      )}
      <div className="flex min-w-0 flex-col gap-3">
        <WidgetParts nodes={node.children} />
      </div>
    </section>
  );
}

export function DividerView() {
  return <hr className="border-t" data-widget="divider" />;
}

export function TextView({ node }: { node: NodeOf<"text"> }) {
  const content = String(node.content);
  if (node.style === "heading") {
    return (
      <h2 className="text-xl font-semibold tracking-tight break-words" data-widget="text">
        <InlineMarkdown text={content} />
      </h2>
    );
  }
  return (
    <p
      className={cn("leading-relaxed break-words whitespace-pre-line", node.style === "muted" && "text-sm text-ink-faint")}
      data-widget="text"
    >
      <InlineMarkdown text={content} />
    </p>
  );
}
