import { Button, ErrorState, Skeleton } from "@capsule/ui";
import { useConnections } from "../../../parts/connect/use-connections.ts";
import { SecretForm } from "../../../parts/connect/secret-form.tsx";
import { openPopup, useOauth } from "../../../parts/connect/use-oauth.ts";
import { useChat } from "../chat-context.ts";
import { Countdown } from "./countdown.tsx";
import { useAnswerPrompt } from "./use-prompt-answer.ts";

type ConnectFormProps = {
  type: string;
  /** As the block says; empty where it does not. */
  mode: string;
  /** The prompt that waits; null for a card. */
  promptId: string | null;
  deadline: string;
  onAway: () => void;
};

/** Connect at the other service, or by a form of keys; or not. */
export function ConnectForm({ type, mode, promptId, deadline, onAway }: ConnectFormProps) {
  const { app } = useChat();
  const connections = useConnections();
  const oauth = useOauth(type, promptId ?? undefined);
  const answer = useAnswerPrompt(promptId ?? "");
  const known = connections.data?.find((one) => one.type === type);
  const declared = app.integrations?.find((one) => one.type === type);
  const away = (): void => (promptId === null ? onAway() : answer.mutate({ dismissed: true }));
  const awayLabel = promptId === null ? "Dismiss" : "Not now";
  if ((known?.mode ?? declared?.mode ?? mode) === "secret") {
    // How the fields are called and which are secret is known with the connections.
    if (!known) return connections.isError ? <ErrorState error={connections.error} /> : <Skeleton className="h-24" />;
    return (
      <>
        <SecretForm
          type={type}
          fields={known.fields}
          onSaved={() => undefined}
          onCancel={away}
          cancelLabel={awayLabel}
        />
        <Countdown deadline={deadline} />
      </>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button tone="primary" isBusy={oauth.isPending} onClick={() => oauth.mutate(openPopup())}>
        Connect
      </Button>
      <Button tone="quiet" isBusy={answer.isPending} onClick={away}>
        {awayLabel}
      </Button>
      <Countdown deadline={deadline} />
    </div>
  );
}
