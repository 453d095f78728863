import type { StreamState } from "@capsule/api";
import { CloudOff, LoaderCircle } from "lucide-react";
import { useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Says that what is shown may be old, and that what is written goes out later. */
export function ConnectionState({ state }: { state: StreamState }) {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  const isAway = !isOnline || state === "waiting";
  return (
    <div role="status" data-testid="connection" data-state={!isOnline ? "offline" : isAway ? "reconnecting" : "open"}>
      {isAway && (
        <p className="flex animate-fade items-center justify-center gap-2 bg-warn-soft px-4 py-1.5 text-xs text-warn-text">
          {isOnline ? (
            <>
              <LoaderCircle className="size-3.5 shrink-0 animate-spin" aria-hidden /> Reconnecting…
            </>
          ) : (
            <>
              <CloudOff className="size-3.5 shrink-0" aria-hidden /> You are offline. Messages are sent when you are back.
            </>
          )}
        </p>
      )}
    </div>
  );
}
