import { asProblem, type AppIntegration, type Capsule } from "@capsule/api";
import { Card, CardHead, CommandLine, Notice, Skeleton } from "@capsule/ui";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useIntegrations } from "../api/use-integrations.ts";

/** The services that the app’s users can connect, as its live release declares them. */
export function IntegrationsCard({ capsule }: { capsule: Capsule }) {
  const { data, error, isPending } = useIntegrations(capsule);
  const hasOauth = data?.items.some(({ mode }) => mode === "oauth") === true;
  return (
    <Card data-testid="integrations-card">
      <CardHead title="Integrations" hint="Services that the app’s users connect their own accounts of" />
      <div className="space-y-4 p-4">
        {isPending && <Skeleton className="h-10" />}
        {error && <Notice tone="bad">{asProblem(error).detail}</Notice>}
        {data?.items.length === 0 && (
          <p className="text-sm text-ink-faint">
            {capsule.release === null
              ? "What the app declares is known once its first release is live."
              : "The live release declares none."}
          </p>
        )}
        {data && data.items.length > 0 && (
          <ul className="divide-y divide-line/60">
            {data.items.map((integration) => (
              <IntegrationRow key={integration.type} integration={integration} />
            ))}
          </ul>
        )}
        {hasOauth && (
          <div className="space-y-1.5">
            <p className="text-xs text-ink-faint">Redirect URL to register at each provider:</p>
            <CommandLine command={data.callback_url} isCommand={false} />
          </div>
        )}
      </div>
    </Card>
  );
}

const WHAT = { client_id: "client ID", client_secret: "client secret" } as const;

function IntegrationRow({ integration }: { integration: AppIntegration }) {
  const { type, mode, scopes, fields, credentials } = integration;
  return (
    <li className="space-y-1 py-2.5 first:pt-0 last:pb-0" data-testid="integration">
      <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
        <span className="font-medium">{type}</span>
        <span className="text-xs text-ink-faint">
          {mode === "oauth" ? "each user signs in" : mode === "secret" ? "each user fills in a form" : mode}
        </span>
      </p>
      {scopes.length > 0 && <p className="font-mono text-xs break-words text-ink-faint">{scopes.join(" ")}</p>}
      {fields.length > 0 && <p className="font-mono text-xs break-words text-ink-faint">{fields.join(", ")}</p>}
      {credentials.map(({ what, name, state }) => (
        <p key={what} className="flex items-start gap-1.5 text-xs">
          {state === "missing" ? (
            <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-bad" aria-hidden />
          ) : (
            <CircleCheck className="mt-0.5 size-3.5 shrink-0 text-good" aria-hidden />
          )}
          <span className="min-w-0 break-words text-ink-soft">
            {state === "literal" && `The ${WHAT[what]} stands in the app itself.`}
            {state === "found" && (
              <>
                The {WHAT[what]} is the secret <code className="font-mono">{name}</code>.
              </>
            )}
            {state === "missing" && (
              <>
                The {WHAT[what]} is missing: make the secret <code className="font-mono">{name}</code> in this space.
              </>
            )}
          </span>
        </p>
      ))}
    </li>
  );
}
