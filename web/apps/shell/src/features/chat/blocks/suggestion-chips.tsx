import type { Suggestion } from "@capsule/api";
import { cn } from "@capsule/ui";
import { ArrowUpRight } from "lucide-react";
import { useChat } from "../chat-context.ts";

type SuggestionChipsProps = { suggestions: Suggestion[]; isCentered?: boolean };

export function SuggestionChips({ suggestions, isCentered = false }: SuggestionChipsProps) {
  const { send, navigate } = useChat();
  const run = ({ target, value, payload }: Suggestion): void => {
    if (target === "prompt") send({ text: value });
    else if (target === "action") send({ text: "", action: value, ...(payload ? { payload: { ...payload } } : {}) });
    else navigate(target === "workflow" ? `workflow/${value}` : value);
  };
  return (
    <ul className={cn("flex flex-wrap gap-2", isCentered && "justify-center")}>
      {suggestions.map((suggestion, index) => (
        <li key={index} className="max-w-full">
          <button
            type="button"
            onClick={() => run(suggestion)}
            className={cn(
              "max-w-full rounded-xl border px-3.5 py-2 text-left text-sm transition-colors",
              suggestion.primary === true
                ? "border-transparent bg-accent text-accent-ink hover:bg-accent-hover"
                : "bg-surface hover:border-line-strong hover:bg-hover",
            )}
          >
            <span className="flex items-center gap-1.5 font-medium">
              <span className="min-w-0 break-words">{suggestion.label}</span>
              {suggestion.target !== "prompt" && <ArrowUpRight className="size-3.5 shrink-0 opacity-60" aria-hidden />}
            </span>
            {suggestion.description !== undefined && (
              <span className={cn("mt-0.5 block text-xs", suggestion.primary === true ? "opacity-85" : "text-ink-faint")}>
                {suggestion.description}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
