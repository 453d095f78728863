/** Draws parts of the page in tests with what surrounds them in the page. */
import type { AppInfo } from "@capsule/api";
import { Toaster, TooltipProvider } from "@capsule/ui";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { ChatContext, type ChatActions } from "../features/chat/chat-context.ts";

export const app = (part: Partial<AppInfo> = {}): AppInfo => ({
  name: "assistant",
  environment: "deploy",
  release: "1",
  state: "live",
  user: { id: "u", is_anonymous: true },
  has_message_handler: true,
  ...part,
});

export function renderPart(part: ReactNode, chat: Partial<ChatActions> = {}): RenderResult {
  const actions: ChatActions = {
    app: app(),
    sessionId: "ses_1",
    send: () => undefined,
    retry: () => undefined,
    openPanel: () => undefined,
    navigate: () => undefined,
    ...chat,
  };
  return render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <TooltipProvider>
        <ChatContext value={actions}>{part}</ChatContext>
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>,
  );
}
