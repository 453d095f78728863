import { ArrowDown } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { cn } from "./cn.ts";
import { stripColours, type NumberedLine } from "./log-lines.ts";
import { Button } from "./primitives/button.tsx";
import { useFollowedEnd } from "./use-followed-end.ts";

type LogViewProps = {
  lines: readonly NumberedLine[];
  /** Marked where it occurs. */
  search?: string;
  showsTime?: boolean;
  showsReplica?: boolean;
  /** Many programs write all they say to stderr, so it is marked, not shouted; builds switch it off. */
  marksErrors?: boolean;
  /** Shown instead of lines when there are none. */
  empty?: ReactNode;
  dropped?: number;
  className?: string;
  label?: string;
};

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});
const NEAR_END_PX = 24;

/** Scrolls with new lines as long as the reader is at the end; the browser skips painting lines out of sight. */
export function LogView({
  lines,
  search = "",
  showsTime = true,
  showsReplica = true,
  marksErrors = true,
  empty,
  dropped = 0,
  className,
  label = "Log",
}: LogViewProps) {
  const { boxRef, isFollowing, toEnd, onScroll } = useFollowedEnd(NEAR_END_PX, lines);
  return (
    <div className={cn("relative min-h-0", className)}>
      <div
        ref={boxRef}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        data-testid="log-lines"
        onScroll={onScroll}
        className="h-full overflow-auto bg-sunken py-2 font-mono text-xs leading-5 outline-offset-[-2px]"
      >
        <div>
        {dropped > 0 && <p className="px-4 pb-1 text-ink-faint">{dropped} earlier lines are not shown.</p>}
        {lines.length === 0 ? (
          <div className="px-4 py-2 text-ink-faint">{empty ?? "There are no logs at the moment."}</div>
        ) : (
          lines.map((line) => (
            <Line key={line.number} {...{ line, search, showsTime, showsReplica, marksErrors }} />
          ))
        )}
        </div>
      </div>
      {!isFollowing && lines.length > 0 && (
        <Button size="sm" className="absolute right-4 bottom-3 rounded-full shadow-float" onClick={toEnd}>
          <ArrowDown /> Newest
        </Button>
      )}
    </div>
  );
}

type LineProps = {
  line: NumberedLine;
  search: string;
  showsTime: boolean;
  showsReplica: boolean;
  marksErrors: boolean;
};

function Line({ line, search, showsTime, showsReplica, marksErrors }: LineProps) {
  return (
    <div
      data-testid="log-line"
      data-line={line.number}
      data-stream={line.stream}
      className={cn(
        "flex gap-3 border-l-2 border-transparent pr-4 pl-3.5 [contain-intrinsic-size:auto_1.25rem] [content-visibility:auto] hover:bg-hover/60",
        line.stream === "stderr" && marksErrors && "border-warn bg-warn-soft/35",
        line.stream === "platform" && "text-accent-text",
      )}
    >
      {showsTime && (
        <time dateTime={line.at} title={line.at} className="shrink-0 text-ink-faint select-none">
          {clock.format(new Date(line.at))}
        </time>
      )}
      {showsReplica && line.replica && (
        <span title={line.replica} className="hidden shrink-0 text-ink-faint select-none sm:inline">
          {line.replica.slice(-5)}
        </span>
      )}
      <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">
        <Marked text={stripColours(line.text)} search={search.trim()} />
      </span>
    </div>
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  if (search === "") return text || " ";
  const parts: ReactNode[] = [];
  const lower = text.toLowerCase();
  const needle = search.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at));
    parts.push(
      <mark key={at} className="rounded-xs bg-warn-soft text-warn-text">
        {text.slice(at, at + needle.length)}
      </mark>,
    );
    from = at + needle.length;
  }
  parts.push(<Fragment key="rest">{text.slice(from)}</Fragment>);
  return parts;
}
