import { path, request } from "../client.ts";
import type { Environment, RuntimeReport } from "../types.ts";

export const getRuntimes = (capsule: string, environment: Environment): Promise<RuntimeReport> =>
  request("GET", path("/capsules/{}/runtimes", capsule), { query: { environment } });
export const stopRuntime = (capsule: string, environment: Environment, user: string): Promise<void> =>
  request("POST", path("/capsules/{}/runtimes/stop", capsule), { json: { user_id: user, environment } });
