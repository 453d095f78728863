import { aCapsule, aPlan, aReplica } from "@capsule/testing";
import { expect, test } from "vitest";
import { changedIn, clamp, processesFor, scaleOf, stateOf } from "./processes.ts";

const capsule = aCapsule({
  config: { ...aCapsule().config, scale: { web: 2 } },
  replicas: [
    aReplica({ id: "rpl_1" }),
    aReplica({ id: "rpl_2", state: "starting" }),
    aReplica({ id: "rpl_3", process: "old" }),
    aReplica({ id: "rpl_4", environment: "serve" }),
  ],
});

test("types come from the plan, without the release step; one that lost its place is shown while it runs", () => {
  const processes = processesFor(capsule, aPlan());
  expect(processes.map(({ name, wanted, replicas }) => [name, wanted, replicas.length])).toEqual([
    ["web", 2, 2],
    ["worker", 1, 0],
    ["old", 1, 1],
  ]);
  expect(processesFor(aCapsule(), null).map(({ name }) => name)).toEqual(["web"]);
});

test("what is other than saved is known", () => {
  const processes = processesFor(capsule, aPlan());
  expect(changedIn(scaleOf(processes), processes)).toEqual([]);
  expect(changedIn({ ...scaleOf(processes), worker: 3 }, processes)).toEqual(["worker"]);
});

test("numbers stay within what is allowed", () => expect([clamp(-1), clamp(2.4), clamp(99)]).toEqual([0, 2, 20]));

test("the state is a sentence", () => {
  const [web, worker] = processesFor(capsule, aPlan());
  if (!web || !worker) throw new Error("no processes");
  expect(stateOf(web, true)).toBe("1 healthy of 2");
  expect(stateOf(worker, true)).toBe("none runs");
  expect(stateOf({ ...worker, wanted: 0 }, true)).toBe("none wanted");
  expect(stateOf(web, false)).toBe("switched off");
});
