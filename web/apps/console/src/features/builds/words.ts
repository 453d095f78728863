/** What started a build, as people read it. */
const TRIGGERS: Record<string, string> = {
  manual: "by hand",
  config: "settings changed",
  push: "git push",
  webhook: "push to the repository",
  poll: "new commit found",
  preview: "preview",
  serve: "serve",
  upgrade: "platform upgraded",
};

export const triggerName = (trigger: string): string => TRIGGERS[trigger] ?? trigger;
export const shortCommit = (commit: string): string => commit.slice(0, 7);
