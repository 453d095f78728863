import { path, request } from "../client.ts";
import type { Environment, RuntimeOrder, RuntimeReport } from "../types.ts";

export const getRuntimes = (capsule: string, environment: Environment): Promise<RuntimeReport> =>
  request("GET", path("/capsules/{}/runtimes", capsule), { query: { environment } });
/** `stop` ends a user's runtime; `clear` deletes their private files as well. */
export const orderRuntime = (order: RuntimeOrder, capsule: string, environment: Environment, user: string): Promise<void> =>
  request("POST", path("/capsules/{}/runtimes/{}", capsule, order), { json: { user_id: user, environment } });
