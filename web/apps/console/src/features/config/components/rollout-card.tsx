import type { Capsule } from "@capsule/api";
import { EditCard } from "@capsule/ui";
import { factsOf } from "../rollout.ts";
import { RolloutForm } from "./rollout-form.tsx";

/** What a new release has to go through before, and after, it gets the requests. */
export function RolloutCard({ capsule }: { capsule: Capsule }) {
  return (
    <EditCard
      title="Going live"
      hint="What a new release has to go through"
      editLabel="Edit how releases go live"
      canEdit={capsule.can.includes("update")}
      form={(close) => <RolloutForm capsule={capsule} onDone={close} />}
      data-testid="rollout-card"
    >
      <dl className="grid gap-x-4 gap-y-3 p-4 sm:grid-cols-2">
        {factsOf(capsule).map(({ name, value }) => (
          <div key={name}>
            <dt className="text-xs text-ink-faint">{name}</dt>
            <dd className="text-sm break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </EditCard>
  );
}
