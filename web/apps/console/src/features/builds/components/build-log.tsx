import type { Build } from "@capsule/api";
import { Button, cn, filterLines, LogToolbar, LogView, PhaseBar, useNow, type LogBuffer } from "@capsule/ui";
import { Maximize2, Minimize2 } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { phasesOf, type BuildPhase } from "../phases.ts";

type BuildLogProps = { build: Build; log: LogBuffer; isLive: boolean };

/** What a build wrote: searched, held still, as large as the screen, with its phases above. */
export function BuildLog({ build, log, isLive }: BuildLogProps) {
  const box = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState("");
  const [held, setHeld] = useState<LogBuffer | null>(null);
  const [isLarge, setIsLarge] = useState(false);
  const needle = useDeferredValue(search);
  const shown = held ?? log;
  const lines = useMemo(() => filterLines(shown.lines, { search: needle, stream: "", replica: "" }), [shown, needle]);
  const phases = usePhases(build, log);
  useEscape(isLarge, () => setIsLarge(false));
  const size = isLarge ? "Leave full screen" : "Full screen";

  const showPhase = ({ line }: BuildPhase): void => {
    setSearch("");
    // The whole log has to be drawn before a line of it can be found.
    requestAnimationFrame(() => box.current?.querySelector(`[data-line="${String(line)}"]`)?.scrollIntoView({ block: "start" }));
  };
  return (
    <div ref={box} className={cn("flex flex-col", isLarge && "fixed inset-0 z-40 bg-surface")} data-testid="build-log">
      <LogToolbar
        label="Build log"
        name={build.id}
        search={search}
        onSearch={setSearch}
        found={needle.trim() === "" ? null : lines.length}
        lines={lines}
        {...(isLive || held !== null
          ? { pause: { held: held && log.next - held.next, onPause: (isPaused: boolean) => setHeld(isPaused ? log : null) } }
          : {})}
      >
        <Button tone="quiet" size="icon" aria-label={size} title={size} onClick={() => setIsLarge(!isLarge)}>
          {isLarge ? <Minimize2 /> : <Maximize2 />}
        </Button>
      </LogToolbar>
      {phases.length > 1 && (
        <div className="border-b px-4 py-3">
          <PhaseBar
            label="Phases"
            phases={phases}
            isOpen={build.status === "running"}
            onChoose={(index) => {
              const phase = phases[index];
              if (phase) showPhase(phase);
            }}
          />
        </div>
      )}
      <LogView
        lines={lines}
        search={needle}
        dropped={shown.dropped}
        showsReplica={false}
        marksErrors={false}
        label="Build log"
        className={isLarge ? "flex-1" : "h-[clamp(18rem,calc(100dvh-26rem),40rem)]"}
        empty={
          log.lines.length > 0
            ? "No line matches the search."
            : isLive
              ? "Waiting for the first line…"
              : "This build wrote no log."
        }
      />
    </div>
  );
}

function usePhases(build: Build, log: LogBuffer): BuildPhase[] {
  const isRunning = build.status === "running";
  const now = useNow(isRunning ? 500 : 3_600_000);
  const end = build.finished_at == null ? now : new Date(build.finished_at).getTime();
  return useMemo(() => phasesOf(log.lines, end), [log.lines, end]);
}

function useEscape(isOn: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!isOn) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onEscape();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [isOn, onEscape]);
}
