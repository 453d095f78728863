import type { Suggestion, SuggestionTarget } from "@capsule/api";
import { asRecord, textOf } from "./payload.ts";

const TARGETS: readonly string[] = ["prompt", "action", "workflow", "page"] satisfies SuggestionTarget[];

/** A suggestion in its wire form; none for what lacks a label or does nothing. */
export function readSuggestion(value: unknown): Suggestion[] {
  if (typeof value === "string" && value !== "") return [{ label: value, target: "prompt", value }];
  const found = asRecord(value);
  const [label, target, action] = [textOf(found, "label"), textOf(found, "target"), textOf(found, "value")];
  if (label === "" || action === "" || !TARGETS.includes(target)) return [];
  const description = textOf(found, "description");
  return [
    {
      label,
      target: target as SuggestionTarget,
      value: action,
      ...(description === "" ? {} : { description }),
      ...(found["primary"] === true ? { primary: true } : {}),
      ...(found["payload"] === undefined ? {} : { payload: asRecord(found["payload"]) }),
    },
  ];
}
