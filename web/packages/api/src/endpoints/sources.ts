/** How the platform gets at repositories, their hosts at the platform, and previews of branches. */
import { path, request } from "../client.ts";
import type { Capsule, DeployKey, GitConnection, Items, Repositories, SourceAccess, WebhookSecret } from "../types.ts";

export const getSourceAccess = (capsule: string): Promise<SourceAccess> =>
  request("GET", path("/capsules/{}/source-access", capsule));
/** What is absent stays as it is; empty is forgotten. */
export const updateSourceAccess = (
  capsule: string,
  changes: { token?: string; connection_id?: string; forget_hosts?: boolean },
): Promise<SourceAccess> => request("PATCH", path("/capsules/{}/source-access", capsule), { json: changes });
export const makeDeployKey = (capsule: string): Promise<SourceAccess> =>
  request("POST", path("/capsules/{}/source-access/deploy-key", capsule));
export const makeWebhookSecret = (capsule: string): Promise<WebhookSecret> =>
  request("POST", path("/capsules/{}/source-access/webhook-secret", capsule));

export const listPreviews = (capsule: string): Promise<Items<Capsule>> => request("GET", path("/capsules/{}/previews", capsule));
export const createPreview = (capsule: string, branch: string): Promise<Capsule> =>
  request("POST", path("/capsules/{}/previews", capsule), { json: { branch } });

export const makeDeployKeyAhead = (space: string): Promise<DeployKey> =>
  request("POST", path("/spaces/{}/deploy-keys", space));

export const listGitConnections = (team: string): Promise<Items<GitConnection>> =>
  request("GET", path("/teams/{}/git-connections", team));
export type NewGitConnection = { provider: "github" | "gitlab" | "bitbucket" | "gitea"; url: string; token: string };
export const createGitConnection = (team: string, input: NewGitConnection): Promise<GitConnection> =>
  request("POST", path("/teams/{}/git-connections", team), { json: input });
export const deleteGitConnection = (connection: string): Promise<void> =>
  request("DELETE", path("/git-connections/{}", connection));
export const listRepositories = (connection: string, search: string): Promise<Repositories> =>
  request("GET", path("/git-connections/{}/repositories", connection), { query: { search } });
