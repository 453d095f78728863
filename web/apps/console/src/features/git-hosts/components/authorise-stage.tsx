import type { GitApp } from "@capsule/api";
import { Button, Notice } from "@capsule/ui";
import { ExternalLink, RotateCw } from "lucide-react";
import { providerInfo } from "#config/providers.ts";
import { useSignIn } from "../api/use-sign-in.ts";

type AuthoriseStageProps = {
  app: GitApp;
  team: string;
  /** The connection that is signed in again. */
  connection?: string;
  onConnected: (connection: string) => void;
};

/** The host opens in another window; this one waits for what comes of it. */
export function AuthoriseStage({ app, team, connection, onConnected }: AuthoriseStageProps) {
  const signIn = useSignIn(team, onConnected);
  const name = providerInfo(app.provider)?.name ?? app.provider;
  const isGitHub = app.provider === "github";
  const again = connection === undefined ? {} : { connection_id: connection };
  const start = (install: boolean): void => signIn.start({ git_app_id: app.id, ...again, install });
  const isWaiting = signIn.url !== null && !signIn.trouble && !signIn.isRequested;
  return (
    <div className="mt-4 space-y-4">
      <p className="text-sm text-ink-soft">
        {isGitHub
          ? "GitHub opens in another window. Choose the account and the repositories that may be read there, then come back."
          : `${name} opens in another window. Allow the access there, then come back.`}
      </p>
      {signIn.trouble && (
        <Notice tone="bad" title={signIn.trouble.detail}>
          {signIn.trouble.hint}
        </Notice>
      )}
      {signIn.isRequested && (
        <Notice tone="warn" title="An owner of the account has to approve it">
          GitHub has asked them. Once they have, choose “It is installed already”.
        </Notice>
      )}
      {isWaiting && (
        <Notice title={`Waiting for ${name}…`}>
          {signIn.url !== null && (
            <a href={signIn.url} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1 underline">
              No window? Open {name} <ExternalLink className="size-3" aria-hidden />
            </a>
          )}
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        {isGitHub && (
          <Button isBusy={signIn.isBeginning} onClick={() => start(false)}>
            It is installed already
          </Button>
        )}
        <Button tone="primary" isBusy={signIn.isBeginning} onClick={() => start(isGitHub)}>
          {signIn.url !== null || signIn.trouble ? (
            <>
              <RotateCw /> Retry
            </>
          ) : isGitHub ? (
            "Install on GitHub"
          ) : (
            `Sign in at ${name}`
          )}
        </Button>
      </div>
    </div>
  );
}
