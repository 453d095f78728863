/** How the platform gets at repositories, their hosts at the platform, and previews of branches. */
import { path, request } from "../client.ts";
import type { Capsule, DeployKey, FinishedSignIn, GitApp, GitConnection, GitManifest, Items, Repositories, SourceAccess, WebhookSecret } from "../types.ts";

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

export const listGitApps = (): Promise<Items<GitApp>> => request("GET", "/git-apps");
export type NewGitApp = {
  provider: NewGitConnection["provider"];
  url: string;
  client_id: string;
  client_secret: string;
  number?: string;
  private_key?: string;
  webhook_secret?: string;
};
export const createGitApp = (input: NewGitApp): Promise<GitApp> => request("POST", "/git-apps", { json: input });
export const deleteGitApp = (app: string): Promise<void> => request("DELETE", path("/git-apps/{}", app));
/** What the browser posts to GitHub, which makes an app of it. */
export const makeGitManifest = (input: { url: string; organization: string; name: string; is_public: boolean }): Promise<GitManifest> =>
  request("POST", "/git-apps/manifest", { json: input });

export type WantedSignIn = { git_app_id: string; connection_id?: string; install?: boolean };
export const beginGitSignIn = (team: string, wanted: WantedSignIn): Promise<{ url: string }> =>
  request("POST", path("/teams/{}/git-sign-ins", team), { json: wanted });
/** What the host put into the address that it sent the browser back to. */
export type SignInReturn = {
  state: string;
  code?: string;
  error?: string;
  error_description?: string;
  installation_id?: string;
  setup_action?: string;
};
export const finishGitSignIn = (answer: SignInReturn): Promise<FinishedSignIn> =>
  request("POST", "/git-sign-ins/finish", { json: answer });
export const chooseGitInstallation = (state: string, installation_id: string): Promise<FinishedSignIn> =>
  request("POST", "/git-sign-ins/choose", { json: { state, installation_id } });
