import { cn } from "@capsule/ui";
import { Check, CircleDot, CircleSlash, LoaderCircle, X } from "lucide-react";
import type { BlockItem } from "../log/chat-items.ts";
import { asList, asRecord, safeHref, textOf } from "./payload.ts";

const ICONS = {
  running: [LoaderCircle, "animate-spin text-accent-text"],
  completed: [Check, "text-good-text"],
  failed: [X, "text-bad-text"],
  skipped: [CircleSlash, "text-ink-faint"],
  seen: [CircleDot, "text-ink-faint"],
} as const;

export type StepStatus = keyof typeof ICONS;

/** `seen`: an activity, which is over when it is shown. */
export function stepStatus(item: BlockItem): StepStatus {
  if (item.type === "activity") return "seen";
  const status = textOf(asRecord(item.payload), "status");
  return Object.hasOwn(ICONS, status) ? (status as StepStatus) : "running";
}

/** One step or activity: its state, what it says, its links and values. */
export function StepRow({ item }: { item: BlockItem }) {
  const payload = asRecord(item.payload);
  const status = stepStatus(item);
  const [Icon, tone] = ICONS[status];
  const detail = textOf(payload, "detail");
  const fields = Object.entries(asRecord(payload["fields"]));
  const links = asList(payload["links"]).flatMap(readLink);
  return (
    <div className="flex gap-2 text-sm" data-testid="block" data-type={item.type} data-status={status}>
      <Icon className={cn("mt-0.5 size-4 shrink-0", tone)} aria-label={status} />
      <div className="min-w-0 flex-1 space-y-1">
        <p className={cn("break-words", status === "skipped" && "text-ink-faint line-through")}>
          {textOf(payload, "label")}
          {detail !== "" && <span className={cn("block text-xs", status === "failed" ? "text-bad-text" : "text-ink-faint")}>{detail}</span>}
        </p>
        {fields.length > 0 && (
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-xs">
            {fields.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-ink-faint">{name}</dt>
                <dd className="min-w-0 break-words">{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
              </div>
            ))}
          </dl>
        )}
        {links.length > 0 && (
          <p className="flex flex-wrap gap-x-3 text-xs">
            {links.map((link) => (
              <a key={link.href} href={link.href} target="_blank" rel="noopener noreferrer" className="text-accent-text underline underline-offset-2">
                {link.label}
              </a>
            ))}
          </p>
        )}
      </div>
    </div>
  );
}

function readLink(value: unknown): { label: string; href: string }[] {
  const link = asRecord(value);
  const label = textOf(link, "label") || textOf(link, "title");
  const href = safeHref(textOf(link, "url") || textOf(link, "href"));
  return label === "" || href === null ? [] : [{ label, href }];
}
