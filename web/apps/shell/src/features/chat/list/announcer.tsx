import type { SessionLog } from "../log/session-log.ts";

/** Tells people who do not see the page when a reply is there, and when an answer is asked for. */
export function Announcer({ log }: { log: SessionLog }) {
  const last = log.items.at(-1);
  const isAsked = last?.kind === "block" && log.runningTurn !== null && /_prompt$|^file_upload$/.test(last.type);
  const text = isAsked
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
