import { Button } from "@capsule/ui";
import { Check, CircleHelp, Clock, X } from "lucide-react";
import type { BlockProps } from "../blocks/block-view.tsx";
import { asRecord, textOf } from "../blocks/payload.ts";
import { Countdown } from "./countdown.tsx";
import { PromptCard } from "./prompt-card.tsx";
import { promptState } from "./prompt-state.ts";
import { useAnswerPrompt } from "./use-prompt-answer.ts";

export function ApprovalPrompt({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const answer = useAnswerPrompt(item.id);
  const state = promptState(payload);
  const message = textOf(payload, "message");
  const approve = textOf(payload, "approve_label") || "Approve";
  const reject = textOf(payload, "reject_label") || "Reject";
  if (state !== "open") {
    const isApproved = payload["approved"] === true;
    const [Icon, note] = isApproved
      ? ([Check, approve] as const)
      : state === "timed_out"
        ? ([Clock, "No answer in time"] as const)
        : state === "cancelled"
          ? ([X, "Cancelled"] as const)
          : ([X, reject] as const);
    return <PromptCard icon={Icon} title={message} note={note} isOpen={false} />;
  }
  const isBusy = answer.isPending || answer.isSuccess;
  const chosen = answer.variables && "approved" in answer.variables ? answer.variables.approved : null;
  return (
    <PromptCard icon={CircleHelp} title={message} isOpen>
      <div className="flex flex-wrap items-center gap-2" role="group" aria-label={message}>
        <Button
          tone="primary"
          disabled={isBusy}
          isBusy={isBusy && chosen === true}
          onClick={() => answer.mutate({ approved: true })}
        >
          {approve}
        </Button>
        <Button disabled={isBusy} isBusy={isBusy && chosen === false} onClick={() => answer.mutate({ approved: false })}>
          {reject}
        </Button>
        <Countdown deadline={textOf(payload, "deadline")} />
      </div>
    </PromptCard>
  );
}
