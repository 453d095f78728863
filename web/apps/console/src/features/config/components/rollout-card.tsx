import type { Capsule } from "@capsule/api";
import { Button, Card, CardHead } from "@capsule/ui";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { factsOf } from "../rollout.ts";
import { RolloutForm } from "./rollout-form.tsx";

/** What a new release has to go through before, and after, it gets the requests. */
export function RolloutCard({ capsule }: { capsule: Capsule }) {
  const [isEditing, setIsEditing] = useState(false);
  return (
    <Card data-testid="rollout-card">
      <CardHead
        title="Going live"
        hint="What a new release has to go through"
        actions={
          !isEditing &&
          capsule.can.includes("update") && (
            <Button size="sm" aria-label="Edit how releases go live" onClick={() => setIsEditing(true)}>
              <Pencil /> Edit
            </Button>
          )
        }
      />
      {isEditing ? (
        <RolloutForm capsule={capsule} onDone={() => setIsEditing(false)} />
      ) : (
        <dl className="grid gap-x-4 gap-y-3 p-4 sm:grid-cols-2">
          {factsOf(capsule).map(({ name, value }) => (
            <div key={name}>
              <dt className="text-xs text-ink-faint">{name}</dt>
              <dd className="text-sm break-words">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
