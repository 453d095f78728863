/** What clicking a widget does, or null when nothing can happen. */
import { useHost, type WidgetHost } from "./host.ts";
import type { ClickTarget } from "./types.ts";

export function clickOf(host: WidgetHost, { target, value, payload }: ClickTarget): (() => void) | null {
  if (target === undefined || typeof value !== "string") return null;
  const { sendPrompt, startWorkflow, navigate } = host;
  if (target === "prompt") return sendPrompt ? () => sendPrompt(value) : null;
  if (target === "page") return navigate ? () => navigate(value) : null;
  return startWorkflow ? () => startWorkflow(value, payload) : null;
}

export const useClick = (target: ClickTarget): (() => void) | null => clickOf(useHost(), target);
