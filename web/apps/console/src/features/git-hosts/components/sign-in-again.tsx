import { gitAppsQuery, type GitConnection } from "@capsule/api";
import { Button, DialogContent, DialogRoot, toast } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AuthoriseStage } from "./authorise-stage.tsx";
import { ConnectForm } from "./connect-form.tsx";

/** Lets a connection that stopped working work again; capsules keep it. */
export function SignInAgain({ connection }: { connection: GitConnection }) {
  const [isOpen, setIsOpen] = useState(false);
  const apps = useQuery(gitAppsQuery);
  const app = apps.data?.find(({ url }) => url === connection.url);
  const byToken = connection.git_app_id === null || app === undefined;
  const done = (): void => {
    setIsOpen(false);
    toast("Signed in again", `As ${connection.account}.`);
  };
  return (
    <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
      <Button size="sm" tone="primary" onClick={() => setIsOpen(true)}>
        Sign in again
      </Button>
      {isOpen && (
        <DialogContent
          title={`Sign in again as ${connection.account}`}
          description={byToken ? "Give another token of the same account." : "What was made with this connection goes on with it."}
          className="max-w-lg"
        >
          {byToken ? <ConnectForm team={connection.team_id} onDone={done} /> : <AuthoriseStage app={app} team={connection.team_id} connection={connection.id} onConnected={done} />}
        </DialogContent>
      )}
    </DialogRoot>
  );
}
