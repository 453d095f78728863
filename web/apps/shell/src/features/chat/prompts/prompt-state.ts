import { asRecord, textOf, type Payload } from "../blocks/payload.ts";

/** How a prompt stands: `open`, or how it ended. */
export type PromptState = "open" | "answered" | "declined" | "timed_out" | "cancelled";

export function promptState(value: unknown): PromptState {
  const payload: Payload = asRecord(value);
  if (payload["completed"] !== true) return "open";
  const status = textOf(payload, "status");
  if (status === "declined" || status === "timed_out" || status === "cancelled") return status;
  if (payload["timed_out"] === true) return "timed_out";
  return "answered";
}
