import { describe, expect, test } from "vitest";
import { asProblem, ProblemError, problemFromResponse } from "./problem.ts";

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });

describe("problemFromResponse", () => {
  test("a problem document keeps code, detail, hint and request id", async () => {
    const body = { title: "Conflict", status: 409, code: "deployment_in_progress", detail: "Busy.", hint: "Wait.", request_id: "req_1" };
    const problem = await problemFromResponse(json(409, body));
    expect(problem).toBeInstanceOf(ProblemError);
    expect(problem).toMatchObject({ code: "deployment_in_progress", detail: "Busy.", hint: "Wait.", requestId: "req_1", status: 409 });
  });

  test("an error page that is not JSON becomes a readable problem with the header's request id", async () => {
    const response = new Response("<html>Bad gateway</html>", { status: 502, headers: { "x-request-id": "req_2" } });
    const problem = await problemFromResponse(response);
    expect(problem).toMatchObject({ code: "http_502", requestId: "req_2", isTransient: true });
    expect(problem.detail).toContain("502");
  });

  test("field errors are found by their name, with or without a prefix", async () => {
    const errors = [{ field: "source.url", message: "is not an address" }];
    const problem = await problemFromResponse(json(422, { code: "invalid_input", detail: "Invalid.", errors }));
    expect(problem.fieldMessage("url")).toBe("is not an address");
    expect(problem.fieldMessage("name")).toBeNull();
  });

  test("a single named field is treated like a list of one", async () => {
    const problem = await problemFromResponse(json(422, { code: "invalid_name", detail: "No slashes.", field: "name" }));
    expect(problem.fieldMessage("name")).toBe("No slashes.");
  });

  test("a detail that is a list does not reach the page as an object", async () => {
    const problem = await problemFromResponse(json(422, { title: "Invalid input", detail: [{ loc: ["body"] }] }));
    expect(problem.detail).toBe("Invalid input");
  });
});

describe("asProblem", () => {
  test("a network failure says that the server does not answer", () => {
    expect(asProblem(new TypeError("Failed to fetch"))).toMatchObject({ code: "unreachable", status: 0, isTransient: true });
  });

  test("a problem stays itself", () => {
    const problem = new ProblemError({ code: "x" }, 400);
    expect(asProblem(problem)).toBe(problem);
  });
});
