import { isAsking } from "./is-asking.ts";
import type { SessionLog } from "../log/session-log.ts";

/** Tells people who do not see the page when a reply is there, and when an answer is asked for. */
export function Announcer({ log }: { log: SessionLog }) {
  const text = isAsking(log)
    ? "The app asks you something"
    : log.runningTurn !== null
      ? ""
      : log.lastTurn?.status === "succeeded"
        ? "The reply is complete"
        : "";
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {text}
    </p>
  );
}
