import { request } from "../client.ts";
import type { SystemReport } from "../types.ts";

export const getSystem = (): Promise<SystemReport> => request("GET", "/system");
