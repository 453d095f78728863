import type { Capsule, SourceAccess } from "@capsule/api";
import { Skeleton, Time } from "@capsule/ui";
import { useSourceAccess } from "../api/use-sources.ts";
import { Line } from "./line.tsx";
import { WebhookHelp } from "./webhook-help.tsx";

/** What the repository's host last told, and how to have it tell. */
export function WebhookLine({ capsule }: { capsule: Capsule }) {
  const access = useSourceAccess(capsule);
  if (!access.data) return access.isError ? null : <Skeleton className="m-4 h-8" />;
  return (
    <Line
      name="Webhook"
      value={<LastHook access={access.data} />}
      action={access.data.last_hook_at === null ? "Set up" : "Show"}
      title="Deploy when the repository is pushed to"
    >
      {() => <WebhookHelp capsule={capsule} access={access.data} />}
    </Line>
  );
}

function LastHook({ access: { last_hook: hook, last_hook_at: at } }: { access: SourceAccess }) {
  if (!hook || at === null) return <span className="text-ink-soft">None came yet; the repository is looked at now and then.</span>;
  return (
    <span data-testid="last-hook">
      {hook.sentence} <Time at={at} className="text-xs text-ink-faint" />
      {(hook.refused ?? 0) > 0 && (
        <span className="block text-xs text-bad-text">{hook.refused} with a wrong signature came since.</span>
      )}
    </span>
  );
}
