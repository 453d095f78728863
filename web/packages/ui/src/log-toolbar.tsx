import { Download, Pause, Play } from "lucide-react";
import type { ReactNode } from "react";
import { downloadText } from "./download.ts";
import { logAsText, type NumberedLine } from "./log-lines.ts";
import { Button } from "./primitives/button.tsx";
import { SearchInput } from "./search-input.tsx";

type LogToolbarProps = {
  /** Of the log, for those who do not see it. */
  label: string;
  /** Of the file that is downloaded, without its ending. */
  name: string;
  search: string;
  onSearch: (search: string) => void;
  /** How many lines match, null without a search. */
  found?: number | null;
  /** What is shown, and downloaded. */
  lines: readonly NumberedLine[];
  /** Absent where nothing comes any more. */
  pause?: { /** Lines that came since, null while it runs. */ held: number | null; onPause: (isPaused: boolean) => void };
  /** Before and after the search. */
  before?: ReactNode;
  filters?: ReactNode;
  children?: ReactNode;
};

/** Above every log: search it, hold it still, take it along. */
export function LogToolbar({ label, name, search, onSearch, found = null, lines, pause, before, filters, children }: LogToolbarProps) {
  return (
    <div role="toolbar" aria-label={label} className="flex flex-wrap items-center gap-2 border-b p-2">
      {before}
      <SearchInput label={`Search the ${label.toLowerCase()}`} placeholder="Search the log" value={search} onSearch={onSearch} boxClassName="min-w-40 flex-1" />
      {found !== null && (
        <span role="status" className="px-1 text-xs whitespace-nowrap text-ink-soft">
          {found === 1 ? "1 line" : `${String(found)} lines`}
        </span>
      )}
      {filters}
      {pause && <PauseButton {...pause} />}
      <Button
        tone="quiet"
        size="icon"
        aria-label="Download log"
        title="Download what is shown"
        disabled={lines.length === 0}
        onClick={() => downloadText(`${name}.log`, logAsText(lines))}
      >
        <Download />
      </Button>
      {children}
    </div>
  );
}

function PauseButton({ held, onPause }: { held: number | null; onPause: (isPaused: boolean) => void }) {
  return (
    <Button onClick={() => onPause(held === null)} aria-pressed={held !== null}>
      {held === null ? <Pause /> : <Play />}
      <span className="max-sm:sr-only">{held === null ? "Pause" : held > 0 ? `Resume (${String(held)} new)` : "Resume"}</span>
    </Button>
  );
}
