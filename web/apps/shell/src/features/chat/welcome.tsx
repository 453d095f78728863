import type { AppInfo } from "@capsule/api";
import { NativeSelect } from "@capsule/ui";
import { AppLogo } from "../../parts/brand/app-logo.tsx";
import { appName } from "../../parts/brand/app-name.ts";
import { SuggestionChips } from "./blocks/suggestion-chips.tsx";
import { readSuggestion } from "./blocks/suggestion.ts";

type WelcomeProps = { app: AppInfo; chat: string | null; onChat: (name: string) => void };

/** An empty chat: what the app is, and how to begin. */
export function Welcome({ app, chat, onChat }: WelcomeProps) {
  const handlers = app.message_handlers ?? [];
  const tagline = app.tagline ?? app.theme?.tagline;
  const suggestions = (app.suggestions ?? []).flatMap(readSuggestion);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-5 py-8 text-center">
      <div className="m-auto flex w-full max-w-2xl flex-col items-center">
        <AppLogo app={app} className="size-14" />
        <h2 className="mt-4 text-2xl font-semibold tracking-tight">{appName(app)}</h2>
        <p className="mt-1 max-w-md text-ink-soft">
          {app.has_message_handler
            ? tagline || "Write a message to start a chat."
            : "This app has no message handler, so it does not chat."}
        </p>
        {handlers.length > 1 && (
          <NativeSelect
            aria-label="Who to talk to"
            className="mt-4"
            value={chat ?? handlers[0]?.name}
            onChange={(event) => onChat(event.target.value)}
          >
            {handlers.map((handler) => (
              <option key={handler.name} value={handler.name}>
                {handler.label || handler.name}
              </option>
            ))}
          </NativeSelect>
        )}
        {suggestions.length > 0 && (
          <div className="mt-7">
            <SuggestionChips suggestions={suggestions} isCentered />
          </div>
        )}
      </div>
    </div>
  );
}
