/** Hosts of git repositories that can be connected, and where a webhook is set up at each. */
export type GitProvider = "github" | "gitlab" | "bitbucket" | "gitea";

type ProviderInfo = { provider: GitProvider; name: string; url: string; token: string; webhook: string };

export const GIT_PROVIDERS: readonly ProviderInfo[] = [
  {
    provider: "github",
    name: "GitHub",
    url: "https://github.com",
    token: "Fine-grained token with read access to Contents and Metadata, and read and write access to Webhooks.",
    webhook: "Settings → Webhooks → Add webhook. Content type application/json; events: pushes, and pull requests for previews.",
  },
  {
    provider: "gitlab",
    name: "GitLab",
    url: "https://gitlab.com",
    token: "Access token with the scopes read_repository and api.",
    webhook: "Settings → Webhooks → Add new webhook. The secret goes into “Secret token”; triggers: push and merge request events.",
  },
  {
    provider: "bitbucket",
    name: "Bitbucket",
    url: "https://bitbucket.org",
    token: "Access token that reads repositories and writes webhooks.",
    webhook: "Repository settings → Webhooks → Add webhook. Triggers: repository push, and pull request created and updated.",
  },
  {
    provider: "gitea",
    name: "Gitea or Forgejo",
    url: "https://gitea.com",
    token: "Access token with read access to repositories, and write access for webhooks.",
    webhook: "Settings → Webhooks → Add webhook → Gitea. Events: push, and pull requests for previews.",
  },
];

export const providerInfo = (provider: string): ProviderInfo | undefined =>
  GIT_PROVIDERS.find((info) => info.provider === provider);
