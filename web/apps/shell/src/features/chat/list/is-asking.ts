import { asRecord } from "../blocks/payload.ts";
import type { SessionLog } from "../log/session-log.ts";

const PROMPTS = new Set(["approval_prompt", "file_upload", "integration_prompt"]);

/** Whether the running turn waits for an answer of the person. */
export function isAsking({ items, runningTurn }: SessionLog): boolean {
  if (runningTurn === null) return false;
  const last = items.findLast((item) => item.kind === "block" && PROMPTS.has(item.type));
  if (last?.kind !== "block" || (last.turnId !== null && last.turnId !== runningTurn)) return false;
  const payload = asRecord(last.payload);
  return payload["blocking"] === true && payload["completed"] !== true;
}
