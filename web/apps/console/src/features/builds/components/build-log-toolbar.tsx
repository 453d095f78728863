import { Button, downloadText, Input, logAsText, type NumberedLine } from "@capsule/ui";
import { Download, Maximize2, Minimize2, Pause, Play, Search } from "lucide-react";

type BuildLogToolbarProps = {
  name: string;
  search: string;
  onSearch: (search: string) => void;
  /** How many lines match, null without a search. */
  found: number | null;
  lines: readonly NumberedLine[];
  canPause: boolean;
  /** Lines that came since it was paused, null while it is not. */
  held: number | null;
  onPause: (isPaused: boolean) => void;
  isLarge: boolean;
  onLarge: (isLarge: boolean) => void;
};

export function BuildLogToolbar(props: BuildLogToolbarProps) {
  const { name, search, onSearch, found, lines, canPause, held, onPause, isLarge, onLarge } = props;
  const size = isLarge ? "Leave full screen" : "Full screen";
  return (
    <div role="toolbar" aria-label="Build log" className="flex items-center gap-1.5 border-b p-2">
      <div className="relative min-w-0 flex-1">
        <Search className="pointer-events-none absolute top-2.5 left-2.5 size-3.5 text-ink-faint" aria-hidden />
        <Input
          type="search"
          aria-label="Search the build log"
          placeholder="Search the log"
          className="pl-8"
          value={search}
          onChange={(event) => onSearch(event.target.value)}
        />
      </div>
      {found !== null && (
        <span role="status" className="px-1 text-xs whitespace-nowrap text-ink-soft">
          {found === 1 ? "1 line" : `${String(found)} lines`}
        </span>
      )}
      {canPause && (
        <Button onClick={() => onPause(held === null)} aria-pressed={held !== null}>
          {held === null ? <Pause /> : <Play />}
          <span className="max-sm:sr-only">{held === null ? "Pause" : held > 0 ? `Resume (${String(held)} new)` : "Resume"}</span>
        </Button>
      )}
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
      <Button tone="quiet" size="icon" aria-label={size} title={size} onClick={() => onLarge(!isLarge)}>
        {isLarge ? <Minimize2 /> : <Maximize2 />}
      </Button>
    </div>
  );
}
