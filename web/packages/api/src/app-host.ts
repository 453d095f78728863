/** The HTTP surface an app's own host offers to the chat page. Same conventions, other root. */
import { path, request, withQuery } from "./client.ts";
import type { Items } from "./types.ts";

export type AppInfo = {
  name: string;
  environment: string;
  release: string | number | null;
  state: string;
  reason?: string | null;
  title?: string | null;
  user: { id: string };
  has_message_handler: boolean;
};

export type ChatSession = {
  id: string;
  title?: string | null;
  created_at: string;
  updated_at: string;
  status: "idle" | "running";
};

export type TurnStatus = "succeeded" | "failed" | "cancelled" | "interrupted";

type EventOf<Type extends string, Data> = { offset: number; type: Type; at: string; turn_id?: string | null; data: Data };

export type SessionEvent =
  | EventOf<"message", { id: string; text: string; sender: "user"; client_id?: string | null }>
  | EventOf<"turn_started", { release?: string | number | null }>
  | EventOf<"reply", { id: string; text: string }>
  | EventOf<"reply_started", { id: string }>
  | EventOf<"reply_delta", { id: string; text: string }>
  | EventOf<"reply_ended", { id: string; text: string }>
  | EventOf<"notification", { text: string; detail?: string | null }>
  | EventOf<"block", { id: string; type: string; payload: unknown }>
  | EventOf<"turn_ended", { status: TurnStatus; error?: string | { message?: string } | null }>
  | EventOf<"app_changed", { release?: string | number | null }>;

const ROOT = "/api";

export const getApp = (): Promise<AppInfo> => request("GET", "/app", {}, ROOT);
export const listSessions = (): Promise<Items<ChatSession>> => request("GET", "/sessions", {}, ROOT);
export const createSession = (): Promise<ChatSession> => request("POST", "/sessions", { json: {} }, ROOT);
export const deleteSession = (id: string): Promise<void> => request("DELETE", path("/sessions/{}", id), {}, ROOT);
export const getSessionLog = (id: string, after: number): Promise<{ items: SessionEvent[]; next: number }> =>
  request("GET", path("/sessions/{}/log", id), { query: { after } }, ROOT);
export const sendMessage = (id: string, text: string, clientId: string): Promise<{ offset: number; turn_id: string }> =>
  request("POST", path("/sessions/{}/messages", id), { json: { text, client_id: clientId } }, ROOT);
export const stopTurn = (id: string): Promise<void> => request("POST", path("/sessions/{}/stop", id), {}, ROOT);
export const sessionEventsUrl = (id: string, after: number): string =>
  withQuery(ROOT + path("/sessions/{}/events", id), { after });
