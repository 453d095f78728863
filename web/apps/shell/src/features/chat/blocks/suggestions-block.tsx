import type { BlockProps } from "./block-view.tsx";
import { asList, asRecord, textOf } from "./payload.ts";
import { SuggestionChips } from "./suggestion-chips.tsx";
import { readSuggestion } from "./suggestion.ts";

export function SuggestionsBlock({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const title = textOf(payload, "title");
  return (
    <section className="space-y-2" aria-label={title || "Suggestions"}>
      {title !== "" && <p className="text-sm font-medium text-ink-soft">{title}</p>}
      <SuggestionChips suggestions={asList(payload["suggestions"]).flatMap(readSuggestion)} />
    </section>
  );
}
