import { path, request } from "../client.ts";
import type { Items, Secret, Space } from "../types.ts";

export const listSpaces = (): Promise<Items<Space>> => request("GET", "/spaces");
export const createSpace = (input: { name: string; team_id?: string }): Promise<Space> =>
  request("POST", "/spaces", { json: input });
export const renameSpace = (space: string, name: string): Promise<Space> =>
  request("PATCH", path("/spaces/{}", space), { json: { name } });
export const deleteSpace = (space: string): Promise<void> => request("DELETE", path("/spaces/{}", space));

export const listSecrets = (space: string): Promise<Items<Secret>> => request("GET", path("/spaces/{}/secrets", space));
export const putSecret = (space: string, name: string, value: string): Promise<Secret> =>
  request("POST", path("/spaces/{}/secrets", space), { json: { name, value } });
export const deleteSecret = (space: string, name: string): Promise<void> =>
  request("DELETE", path("/spaces/{}/secrets/{}", space, name));
