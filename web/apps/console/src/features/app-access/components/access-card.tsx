import type { Capsule } from "@capsule/api";
import { Button, Card, CardHead, Notice } from "@capsule/ui";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { accessOf, isShut, signInWords } from "../access.ts";
import { AccessForm } from "./access-form.tsx";

/** Who may use the app, and how they sign in. */
export function AccessCard({ capsule }: { capsule: Capsule }) {
  const [isEditing, setIsEditing] = useState(false);
  const access = accessOf(capsule);
  const facts: [string, string][] = [
    ["Visitors without an account", access.anonymous ? "may use the app" : "are asked to sign in"],
    ["Ways to sign in", signInWords(access)],
    ["New accounts", access.sign_up ? "anyone may make one" : "nobody may make one"],
    ["E-mail domains", access.domains.length === 0 ? "any" : access.domains.join(", ")],
  ];
  return (
    <Card data-testid="access-card">
      <CardHead
        title="Who may use this app"
        hint="In effect at once, without a new deployment"
        actions={
          !isEditing &&
          capsule.can.includes("update") && (
            <Button size="sm" aria-label="Edit who may use this app" onClick={() => setIsEditing(true)}>
              <Pencil /> Edit
            </Button>
          )
        }
      />
      {isEditing ? (
        <AccessForm capsule={capsule} onDone={() => setIsEditing(false)} />
      ) : (
        <>
          {isShut(access) && (
            <Notice tone="warn" className="m-4 mb-1">
              Nobody can sign in to this app.
            </Notice>
          )}
          <dl className="grid gap-x-6 py-1 sm:grid-cols-2">
            {facts.map(([term, fact]) => (
              <div key={term} className="px-4 py-2">
                <dt className="text-xs text-ink-faint">{term}</dt>
                <dd className="text-sm break-words">{fact}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Card>
  );
}
