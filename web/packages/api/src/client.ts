/** One `fetch` with the API's conventions: JSON both ways, cookies, `ProblemError` for every failure. */
import { asProblem, problemFromResponse } from "./problem.ts";

export type Query = Record<string, string | number | boolean | null | undefined>;
export type RequestOptions = {
  query?: Query;
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

export const API_ROOT = "/api/v1";

/** A path with every `{}` replaced by an escaped part: `path("/capsules/{}/env", slug)`. */
export function path(template: string, ...parts: string[]): string {
  let index = 0;
  return template.replace(/\{\}/g, () => encodeURIComponent(parts[index++] ?? ""));
}

export function withQuery(url: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `${url}?${text}` : url;
}

/** Call `root + url` and parse the answer; `root` is the API of the server unless given. */
export async function request<T>(
  method: string,
  url: string,
  { query, json, body, headers, signal }: RequestOptions = {},
  root: string = API_ROOT,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(withQuery(root + url, query), {
      method,
      credentials: "same-origin",
      headers: {
        Accept: "application/json",
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? (body === undefined ? {} : { body }) : { body: JSON.stringify(json) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asProblem(error);
  }
  if (!response.ok) throw await problemFromResponse(response);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
