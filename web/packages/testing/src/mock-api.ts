/** Answers `fetch` in tests: one handler per `METHOD /path`, typed by the records of the API. */
import { vi } from "vitest";

export type MockCall = { method: string; path: string; query: URLSearchParams; body: unknown };
export type MockHandler = (call: MockCall) => unknown;
export type MockApi = { calls: MockCall[]; set: (route: string, handler: MockHandler) => void };

/** A handler throws or returns this to fail like the server does. */
export function problem(status: number, code: string, detail: string, extra: Record<string, unknown> = {}): Response {
  return new Response(JSON.stringify({ title: "Problem", status, code, detail, request_id: "req_test", ...extra }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

/** A stream of server-sent events that stays open. */
export function eventStream(events: { event: string; data: unknown; id?: number }[]): Response {
  const text = events
    .map(({ event, data, id }) => `${id === undefined ? "" : `id: ${String(id)}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    .join("");
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`: open\n\n${text}`)),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Install the mock; what has no handler answers 404. Streams without one stay open and silent. */
export function mockApi(routes: Record<string, MockHandler>): MockApi {
  const handlers = new Map(Object.entries(routes));
  const calls: MockCall[] = [];
  const answer = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input), "http://localhost");
    const method = init.method ?? "GET";
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : init.body;
    const call: MockCall = { method, path: url.pathname, query: url.searchParams, body };
    calls.push(call);
    const handler = handlers.get(`${method} ${url.pathname}`);
    if (!handler) {
      return url.pathname.endsWith("/stream") ? eventStream([]) : problem(404, "not_found", `No ${method} ${url.pathname}.`);
    }
    const result = handler(call);
    if (result instanceof Response) return result;
    return result === undefined ? new Response(null, { status: 204 }) : Response.json(result);
  };
  vi.stubGlobal("fetch", vi.fn(answer));
  return { calls, set: (route, handler) => void handlers.set(route, handler) };
}
