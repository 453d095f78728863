/** Turns whatever a failed call answered into one error type that pages, forms and toasts can show. */

export type FieldProblem = { field: string; message: string };

type ProblemBody = {
  title?: string;
  status?: number;
  code?: string;
  detail?: unknown;
  /** What the agent chat contract has in place of `detail`. */
  error?: unknown;
  hint?: string | null;
  request_id?: string;
  field?: string | null;
  errors?: FieldProblem[];
};

export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly hint: string | null;
  readonly requestId: string | null;
  readonly errors: FieldProblem[];

  constructor(body: ProblemBody, status: number) {
    const said = [body.detail, body.error, body.title].find((text) => typeof text === "string" && text !== "");
    super(typeof said === "string" ? said : "The request failed.");
    this.code = body.code ?? `http_${String(status)}`;
    this.title = body.title ?? "Request failed";
    this.status = body.status ?? status;
    this.hint = body.hint ?? null;
    this.requestId = body.request_id ?? null;
    this.errors = body.errors ?? (body.field ? [{ field: body.field, message: this.message }] : []);
  }

  get detail(): string {
    return this.message;
  }

  /** True when the same call may work later without a change. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  /** The message for one form field; matches `name`, `body.name` and `source.url` style paths. */
  fieldMessage(field: string): string | null {
    const found = this.errors.find((error) => error.field === field || error.field.endsWith(`.${field}`));
    return found?.message ?? null;
  }
}

/** Read a failed response; an answer that is not a problem document still becomes a readable error. */
export async function problemFromResponse(response: Response): Promise<ProblemError> {
  const text = await response.text().catch(() => "");
  const requestId = response.headers.get("x-request-id") ?? undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) {
      return new ProblemError({ ...(requestId ? { request_id: requestId } : {}), ...body }, response.status);
    }
  } catch {
    // Not JSON: an error page of something between browser and server.
  }
  return new ProblemError(
    {
      title: "Unexpected answer",
      detail: `The server answered ${String(response.status)} ${response.statusText}`.trim() + ".",
      hint: response.status >= 502 ? "The server may be restarting. Try again in a moment." : null,
      ...(requestId ? { request_id: requestId } : {}),
    },
    response.status,
  );
}

/** Any thrown value as a `ProblemError`; network failures get status 0 and the code `unreachable`. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof TypeError) {
    return new ProblemError(
      {
        code: "unreachable",
        title: "Server unreachable",
        detail: "The server does not answer.",
        hint: "Check that it runs with `capsule status`, then try again.",
      },
      0,
    );
  }
  return new ProblemError(
    { code: "client_error", title: "Something broke in this page", detail: error instanceof Error ? error.message : String(error) },
    0,
  );
}
