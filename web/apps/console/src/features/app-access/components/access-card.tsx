import type { Capsule } from "@capsule/api";
import { EditCard, Notice } from "@capsule/ui";
import { accessOf, isShut, signInWords } from "../access.ts";
import { AccessForm } from "./access-form.tsx";

/** Who may use the app, and how they sign in. */
export function AccessCard({ capsule }: { capsule: Capsule }) {
  const access = accessOf(capsule);
  const facts: [string, string][] = [
    ["Visitors without an account", access.anonymous ? "may use the app" : "are asked to sign in"],
    ["Ways to sign in", signInWords(access)],
    ["New accounts", access.sign_up ? "anyone may make one" : "nobody may make one"],
    ["E-mail domains", access.domains.length === 0 ? "any" : access.domains.join(", ")],
  ];
  return (
    <EditCard
      title="Who may use this app"
      hint="In effect at once, without a new deployment"
      editLabel="Edit who may use this app"
      canEdit={capsule.can.includes("update")}
      form={(close) => <AccessForm capsule={capsule} onDone={close} />}
      data-testid="access-card"
    >
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
    </EditCard>
  );
}
