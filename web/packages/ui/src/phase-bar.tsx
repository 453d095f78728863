import { cn } from "./cn.ts";
import { duration } from "./time.tsx";

export type BarPhase = { name: string; seconds: number };

const TINTS = ["bg-accent", "bg-busy", "bg-apricot", "bg-good", "bg-warn", "bg-idle"];
/** A phase of no time is still to be seen. */
const LEAST_SHARE = 0.012;

type PhaseBarProps = {
  label: string;
  phases: readonly BarPhase[];
  /** The last one still goes on. */
  isOpen?: boolean;
  /** Makes the names buttons. */
  onChoose?: (index: number) => void;
};

/** How long each part of something took: one bar, and the names with their times under it. */
export function PhaseBar({ label, phases, isOpen = false, onChoose }: PhaseBarProps) {
  const total = phases.reduce((sum, phase) => sum + phase.seconds, 0) || 1;
  const tint = (index: number): string => TINTS[index % TINTS.length] ?? "bg-idle";
  return (
    <div data-testid="phase-bar">
      <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full bg-sunken">
        {phases.map((phase, index) => (
          <span
            key={index}
            title={`${phase.name} ${duration(phase.seconds * 1000)}`}
            style={{ flexGrow: Math.max(phase.seconds / total, LEAST_SHARE) }}
            className={cn("basis-0 transition-[flex-grow]", tint(index), isOpen && index === phases.length - 1 && "animate-breathe")}
          />
        ))}
      </div>
      <ol aria-label={label} className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {phases.map((phase, index) => {
          const text = (
            <>
              <span className={cn("size-2 shrink-0 rounded-full", tint(index))} aria-hidden />
              <span className="text-ink-soft">{phase.name}</span>
              <span className="text-ink-faint tabular-nums">{duration(phase.seconds * 1000)}</span>
            </>
          );
          return (
            <li key={index}>
              {onChoose ? (
                <button type="button" className="flex items-center gap-1.5 rounded-sm hover:underline" onClick={() => onChoose(index)}>
                  {text}
                </button>
              ) : (
                <span className="flex items-center gap-1.5">{text}</span>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
