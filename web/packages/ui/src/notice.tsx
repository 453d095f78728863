import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn.ts";
import { withCode } from "./with-code.tsx";

const STYLE = {
  bad: ["bg-bad-soft text-bad-text", CircleAlert],
  warn: ["bg-warn-soft text-warn-text", TriangleAlert],
  info: ["bg-accent-soft text-accent-text", Info],
} as const;

type NoticeProps = { tone?: keyof typeof STYLE; title?: ReactNode; children?: ReactNode; className?: string };

/** A coloured box in the flow of the page. */
export function Notice({ tone = "info", title, children, className }: NoticeProps) {
  const [style, Icon] = STYLE[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "note"}
      className={cn("flex gap-2.5 rounded-md px-3 py-2.5 text-sm", style, className)}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 break-words">
        {title !== undefined && <p className="font-medium">{withCode(title)}</p>}
        {withCode(children)}
      </div>
    </div>
  );
}
