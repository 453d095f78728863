import { useState } from "react";
import { Plug, PlugZap, X } from "lucide-react";
import { integrationName } from "../../../parts/connect/integration-name.ts";
import { useConnections } from "../../../parts/connect/use-connections.ts";
import type { BlockProps } from "../blocks/block-view.tsx";
import { asRecord, textOf } from "../blocks/payload.ts";
import { ConnectForm } from "./connect-form.tsx";
import { PromptCard } from "./prompt-card.tsx";
import { promptState } from "./prompt-state.ts";

const ENDS = { declined: "Not connected", cancelled: "Cancelled", timed_out: "Not connected in time" };

/** Asks to connect an account; a card that does not wait for it can be put away. */
export function IntegrationPrompt({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const type = textOf(payload, "type");
  const name = integrationName(type);
  const isBlocking = payload["blocking"] === true;
  const state = promptState(payload);
  const connections = useConnections();
  const [isAway, setIsAway] = useState(false);
  const connection = connections.data?.find((one) => one.type === type) ?? null;
  const reason = textOf(payload, "reason");
  const isConnected = connection?.status === "connected";

  if (state === "answered" || (!isBlocking && isConnected)) {
    const account = connection?.account;
    return <PromptCard icon={PlugZap} title={`${name} is connected`} isOpen={false} {...(account ? { note: account } : {})} />;
  }
  if (state !== "open") return <PromptCard icon={X} title={reason || `Connect ${name}`} note={ENDS[state]} isOpen={false} />;
  if (isAway) return null;
  const title = payload["reconnect"] === true || connection?.status === "needs_reconnect" ? `Connect ${name} again` : `Connect ${name}`;
  return (
    <PromptCard icon={Plug} title={<strong className="font-semibold">{title}</strong>} isOpen {...(reason === "" ? {} : { note: reason })}>
      <ConnectForm
        type={type}
        mode={textOf(payload, "mode")}
        promptId={isBlocking ? item.id : null}
        deadline={textOf(payload, "deadline")}
        onAway={() => setIsAway(true)}
      />
    </PromptCard>
  );
}
