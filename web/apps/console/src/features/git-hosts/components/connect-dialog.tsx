import type { GitApp } from "@capsule/api";
import { Button, DialogContent } from "@capsule/ui";
import { ChevronLeft } from "lucide-react";
import { useState } from "react";
import { AuthoriseStage } from "./authorise-stage.tsx";
import { ConnectForm } from "./connect-form.tsx";
import { ProviderStage } from "./provider-stage.tsx";
import { RepositoriesStage } from "./repositories-stage.tsx";
import { Stages } from "./stages.tsx";

type ConnectDialogProps = {
  team: string;
  onConnected?: (connection: string) => void;
  onDone: () => void;
};

/** Select a provider, authorise there, see what was connected; or paste a token. */
export function ConnectDialog({ team, onConnected, onDone }: ConnectDialogProps) {
  const [app, setApp] = useState<GitApp | null>(null);
  const [connection, setConnection] = useState<string | null>(null);
  const [isToken, setIsToken] = useState(false);
  const connected = (id: string): void => {
    setConnection(id);
    onConnected?.(id);
  };
  return (
    <DialogContent
      title="Connect a git host"
      description="The whole team chooses from its repositories then, and webhooks are set up by themselves."
      className="max-w-lg"
      data-testid="connect-dialog"
    >
      {isToken ? (
        <ConnectForm
          team={team}
          onDone={(id) => {
            onConnected?.(id);
            onDone();
          }}
        />
      ) : (
        <>
          <Stages current={connection !== null ? 2 : app ? 1 : 0} />
          {connection !== null ? (
            <RepositoriesStage connection={connection} onDone={onDone} />
          ) : app ? (
            <AuthoriseStage app={app} team={team} onConnected={connected} />
          ) : (
            <ProviderStage onChoose={setApp} onToken={() => setIsToken(true)} />
          )}
        </>
      )}
      {(app ?? isToken) && connection === null && (
        <Button
          tone="quiet"
          size="sm"
          className="mt-2"
          onClick={() => {
            setApp(null);
            setIsToken(false);
          }}
        >
          <ChevronLeft /> Other ways
        </Button>
      )}
    </DialogContent>
  );
}
