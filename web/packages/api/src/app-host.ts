/** The HTTP surface an app's own host offers to the chat page. Same conventions, other root. */
import type {
  Account,
  AppInfo,
  ChatSession,
  Connection,
  LogPage,
  NewSession,
  NewUpload,
  OutgoingMessage,
  PasswordSignIn,
  PromptAnswer,
  SignInAnswer,
  Upload,
} from "./app-host-types.ts";
import { path, request, withQuery } from "./client.ts";
import { asProblem, problemFromResponse } from "./problem.ts";
import type { Items } from "./types.ts";

const ROOT = "/api";

const get = <T>(url: string, query: Record<string, string | number | undefined> = {}): Promise<T> =>
  request("GET", url, { query }, ROOT);
const post = <T>(url: string, json: unknown = {}): Promise<T> => request("POST", url, { json }, ROOT);

export const getApp = (): Promise<AppInfo> => get("/app");

// Sessions
export const listSessions = (query = ""): Promise<Items<ChatSession>> => get("/sessions", { query });
export const createSession = (session: NewSession = {}): Promise<ChatSession> => post("/sessions", session);
export const renameSession = (id: string, title: string): Promise<ChatSession> =>
  request("PATCH", path("/sessions/{}", id), { json: { title } }, ROOT);
export const deleteSession = (id: string): Promise<void> => request("DELETE", path("/sessions/{}", id), {}, ROOT);
/** The events that end right before `before`, oldest first; the newest ones without it. */
export const getLogBefore = (id: string, before: number, limit: number): Promise<LogPage> =>
  get(path("/sessions/{}/log", id), { before, limit });
export const sendMessage = (id: string, message: OutgoingMessage): Promise<{ offset: number; turn_id: string }> =>
  post(path("/sessions/{}/messages", id), message);
export const retryTurn = (id: string, turnId: string): Promise<{ turn_id: string }> =>
  post(path("/sessions/{}/retry", id), { turn_id: turnId });
export const stopTurn = (id: string): Promise<void> => request("POST", path("/sessions/{}/stop", id), {}, ROOT);
export const answerPrompt = (id: string, promptId: string, answer: PromptAnswer): Promise<{ status: string }> =>
  post(path("/sessions/{}/prompts/{}", id, promptId), answer);
/** The address of what listens on a port that the session shows, good for some hours, and whether anything answers yet. */
export const openPreview = (id: string, port: number): Promise<{ url: string; is_ready: boolean }> =>
  post(path("/sessions/{}/preview", id), { port });
export const sessionEventsUrl = (id: string, after: number): string =>
  withQuery(ROOT + path("/sessions/{}/events", id), { after });

// Files
export const startUpload = (file: NewUpload): Promise<Upload> => post("/files", file);
export const sendChunk = (id: string, offset: number, chunk: Blob, signal?: AbortSignal): Promise<{ offset: number }> =>
  request(
    "PATCH",
    path("/files/{}", id),
    {
      body: chunk,
      headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
      ...(signal ? { signal } : {}),
    },
    ROOT,
  );
/** How much of an upload has arrived. */
export async function uploadOffset(id: string): Promise<number> {
  const response = await fetch(ROOT + path("/files/{}", id), { method: "HEAD", credentials: "same-origin" }).catch(
    (error: unknown) => {
      throw asProblem(error);
    },
  );
  if (!response.ok) throw await problemFromResponse(response);
  return Number(response.headers.get("Upload-Offset") ?? 0);
}
export const discardUpload = (id: string): Promise<void> => request("DELETE", path("/files/{}", id), {}, ROOT);
/** Where a `cpsl.file` reference opens. */
export const mountUrl = (filePath: string): string => `${ROOT}/mounts${filePath.split("/").map(encodeURIComponent).join("/")}`;

// Connections
export const listConnections = (): Promise<Items<Connection>> => get("/connections");
export const authorizeConnection = (type: string, body: { return_to?: string; prompt_id?: string }): Promise<{ url: string }> =>
  post(path("/connections/{}/authorize", type), body);
export const saveConnection = (type: string, fields: Record<string, string>): Promise<Connection> =>
  request("PUT", path("/connections/{}", type), { json: { fields } }, ROOT);
export const deleteConnection = (type: string): Promise<void> => request("DELETE", path("/connections/{}", type), {}, ROOT);

// The account
export const getAccount = (): Promise<Account> => get("/account");
export const signUp = (body: PasswordSignIn): Promise<SignInAnswer> => post("/account/sign-up", body);
export const signInHere = (body: PasswordSignIn): Promise<SignInAnswer> => post("/account/sign-in", body);
export const signOutHere = (): Promise<unknown> => post("/account/sign-out");
export const sendMagicLink = (email: string, returnTo?: string): Promise<unknown> =>
  post("/account/magic-link", { email, ...(returnTo === undefined ? {} : { return_to: returnTo }) });
export const changePassword = (body: { old?: string; new: string }): Promise<unknown> => post("/account/password", body);
export const oidcStartUrl = (name: string, returnTo: string): string =>
  withQuery(ROOT + path("/account/oidc/{}/start", name), { return_to: returnTo });
