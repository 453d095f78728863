import { keys, listReplicas, type Capsule, type Replica } from "@capsule/api";
import { Button, Card, EmptyState, ErrorState, NativeSelect, Notice, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { RotateCcw, SquareTerminal, X } from "lucide-react";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import type { SessionState, ShellSession } from "../shell-session.ts";

const TerminalScreen = lazy(() => import("../components/terminal-screen.tsx"));
const RUNNING = new Set(["healthy", "unhealthy"]);

/** A shell inside a running replica. It survives a reload of the page and a restart of the server. */
export function TerminalPage({ capsule }: { capsule: Capsule }) {
  const replicas = useQuery({
    queryKey: keys.replicas(capsule.slug),
    queryFn: async () => (await listReplicas(capsule.id)).items,
    refetchInterval: 5_000,
  });
  const running = (replicas.data ?? []).filter((replica) => RUNNING.has(replica.state));
  const [chosen, setChosen] = useState<string | null>(null);
  const replica = chosen ?? running[0]?.id ?? null;
  if (replicas.isPending) return <SkeletonRows />;
  if (replicas.isError) return <ErrorState error={replicas.error} onRetry={() => void replicas.refetch()} />;
  if (replica === null) {
    return (
      <EmptyState icon={SquareTerminal} title="Nothing runs that could be entered">
        {capsule.is_on ? "A terminal opens in a running replica." : "The capsule is switched off."} A command of its own, apart
        from the replicas, is run under Runs.
      </EmptyState>
    );
  }
  return <Window key={replica} replica={replica} running={running} onChoose={setChosen} />;
}

type WindowProps = { replica: string; running: readonly Replica[]; onChoose: (replica: string) => void };

function Window({ replica, running, onChoose }: WindowProps) {
  const [state, setState] = useState<SessionState>({ kind: "opening" });
  const [attempt, setAttempt] = useState(0);
  const session = useRef<ShellSession | null>(null);
  const onReady = useCallback((made: ShellSession) => {
    session.current = made;
  }, []);
  const isGone = !running.some((item) => item.id === replica);
  return (
    <Card className="flex h-[min(70vh,44rem)] flex-col overflow-hidden">
      <header className="flex flex-wrap items-center gap-3 border-b px-4 py-2.5">
        <label className="flex items-center gap-2 text-sm">
          Replica
          <NativeSelect className="w-auto" value={replica} onChange={(event) => onChoose(event.target.value)}>
            {isGone && <option value={replica}>{replica} (ended)</option>}
            {running.map((item) => (
              <option key={item.id} value={item.id}>
                {item.id}
                {item.environment === "deploy" ? "" : ` (${item.environment})`}
              </option>
            ))}
          </NativeSelect>
        </label>
        <p role="status" data-testid="terminal-state" data-state={state.kind} className="text-xs text-ink-faint">
          {WORDS[state.kind]}
        </p>
        <span className="flex-1" />
        {state.kind === "ended" ? (
          <Button size="sm" disabled={isGone} onClick={() => setAttempt(attempt + 1)}>
            <RotateCcw /> Open again
          </Button>
        ) : (
          <Button size="sm" tone="quiet" onClick={() => session.current?.close()}>
            <X /> Close
          </Button>
        )}
      </header>
      {state.kind === "ended" && (
        <div className="p-3 pb-0">
          <Notice tone="info" title="The shell has ended.">
            {state.reason}
          </Notice>
        </div>
      )}
      <div className="min-h-0 flex-1">
        <Suspense fallback={<SkeletonRows />}>
          <TerminalScreen key={attempt} replica={replica} onState={setState} onReady={onReady} />
        </Suspense>
      </div>
      <p className="border-t px-4 py-1.5 text-xs text-ink-faint">
        Ctrl-Shift-C copies, Ctrl-Shift-V pastes, Shift-Tab leaves the terminal. Files written here are gone with the replica.
      </p>
    </Card>
  );
}

const WORDS: Record<SessionState["kind"], string> = {
  opening: "Opening …",
  open: "Connected",
  broken: "The connection was lost; trying again …",
  ended: "Ended",
};
