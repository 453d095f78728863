/** The agent chat contract of an app, asked through the server. */
import { API_ROOT, path, request } from "../client.ts";
import { EventParser } from "../event-stream.ts";
import { ProblemError, problemFromResponse } from "../problem.ts";

export type AgentPart =
  | { type: "text"; text: string }
  | { type: "image"; name: string; base64: string }
  | { type: "file"; name: string; text: string };

/** A turn as apps answer it: some leave out the `type` of texts. */
export type AgentTurn = {
  role: "user" | "assistant";
  content: (AgentPart | { type?: undefined; text: string })[];
  date: string;
};

export async function getAgentHistory(app: string): Promise<AgentTurn[]> {
  const answer = await request<{ success: boolean; data?: AgentTurn[] }>("GET", path("/app/{}/agent/history", app));
  return answer.data ?? [];
}

export const stopAgentAnswer = (app: string): Promise<void> => request("POST", path("/app/{}/agent/stop", app));

/** Send a turn; `onChunk` gets the pieces of the answer. Resolves with the end of the answer. */
export async function streamAgentMessage(
  app: string,
  content: AgentPart[],
  onChunk: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(API_ROOT + path("/app/{}/agent/message/stream", app), {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ content, date: new Date().toISOString() }),
    signal,
  });
  if (!response.ok || !response.body) throw await problemFromResponse(response);
  const parser = new EventParser(({ data }) => onChunk(chunkOf(data)));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.push(value);
  }
}

function chunkOf(data: string): string {
  const event: unknown = JSON.parse(data);
  const chunk = typeof event === "object" && event !== null && "chunk" in event ? event.chunk : null;
  if (typeof chunk === "string") return chunk;
  throw new ProblemError({ title: "Unexpected answer", detail: "The app sent something that is no part of an answer." }, 0);
}
