import { mockApi, problem } from "@capsule/testing";
import { expect, test, vi } from "vitest";
import { CHUNK_BYTES, uploadFile } from "./upload-file.ts";

const fileOf = (size: number): File => new File([new Uint8Array(size)], "big.bin");

test("a large file goes in pieces, each where the one before ended", async () => {
  const api = mockApi({ "POST /api/files": () => ({ id: "fil_1", offset: 0 }) });
  let offset = 0;
  api.set("PATCH /api/files/fil_1", ({ body }) => ({ offset: (offset += (body as Blob).size) }));
  const progress = vi.fn();
  expect(await uploadFile(fileOf(CHUNK_BYTES * 2 + 5), { onProgress: progress })).toBe("fil_1");
  expect(api.calls.slice(1).map((call) => (call.body as Blob).size)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 5]);
  expect(progress.mock.calls.at(-1)).toEqual([1]);
});

test("after a break it asks how much arrived and goes on from there", async () => {
  const api = mockApi({
    "POST /api/files": () => ({ id: "fil_1", offset: 0 }),
    "HEAD /api/files/fil_1": () => new Response(null, { headers: { "Upload-Offset": "4" } }),
  });
  let tries = 0;
  api.set("PATCH /api/files/fil_1", ({ body }) => {
    tries += 1;
    if (tries === 1) return problem(503, "unavailable", "Restarting.");
    return { offset: 4 + (body as Blob).size };
  });
  await uploadFile(fileOf(10));
  const patches = api.calls.filter((call) => call.method === "PATCH").map((call) => (call.body as Blob).size);
  expect(patches).toEqual([10, 6]);
});

test("a refusal is final", async () => {
  const api = mockApi({ "POST /api/files": () => problem(413, "file_too_large", "At most 5 bytes.") });
  await expect(uploadFile(fileOf(10))).rejects.toThrow("At most 5 bytes.");
  expect(api.calls).toHaveLength(1);
});

test("taking a file away stops its upload and discards what is there", async () => {
  const stop = new AbortController();
  const api = mockApi({
    "POST /api/files": () => ({ id: "fil_1", offset: 0 }),
    "PATCH /api/files/fil_1": () => {
      stop.abort();
      return problem(503, "unavailable", "Gone.");
    },
  });
  await expect(uploadFile(fileOf(10), { signal: stop.signal })).rejects.toThrow();
  await vi.waitFor(() => expect(api.calls.at(-1)?.method).toBe("DELETE"));
});
