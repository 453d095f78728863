import { asProblem, keys, makeWebhookSecret, type Capsule, type SourceAccess } from "@capsule/api";
import { Button, CommandLine, Notice, Segmented } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { GIT_PROVIDERS, providerInfo } from "#config/providers.ts";

/** The address and a secret to put into the repository's settings, and where that is at each host. */
export function WebhookHelp({ capsule, access }: { capsule: Capsule; access: SourceAccess }) {
  const queryClient = useQueryClient();
  const guess = GIT_PROVIDERS.find(({ provider }) => capsule.source.kind === "git" && capsule.source.url.includes(provider));
  const [provider, setProvider] = useState<string>(guess?.provider ?? "github");
  const make = useMutation({
    mutationFn: () => makeWebhookSecret(capsule.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.sourceAccess(capsule.slug) }),
  });
  const problem = make.isError ? asProblem(make.error) : null;
  return (
    <>
      <p className="text-sm text-ink-soft">
        Without a webhook the repository is looked at now and then; with one a push is built at once, and pull requests can
        have previews.
      </p>
      <section className="space-y-1.5">
        <h3 className="text-sm font-medium">URL</h3>
        <CommandLine command={access.webhook_url} isCommand={false} />
      </section>
      <section className="space-y-1.5">
        <h3 className="text-sm font-medium">Secret</h3>
        {make.data ? (
          <>
            <CommandLine command={make.data.secret} isCommand={false} />
            <p className="text-xs text-warn-text">It is shown this once.</p>
          </>
        ) : (
          <div className="flex flex-wrap items-center gap-2 text-xs text-ink-faint">
            {capsule.can.includes("update") && (
              <Button size="sm" isBusy={make.isPending} onClick={() => make.mutate()}>
                {access.has_webhook_secret ? "Make a new secret" : "Make a secret"}
              </Button>
            )}
            {access.has_webhook_secret && "One is set; a new one takes its place."}
          </div>
        )}
        {problem && (
          <Notice tone="bad" title={problem.detail}>
            {problem.hint}
          </Notice>
        )}
      </section>
      <section className="space-y-2">
        <Segmented
          label="Host of the repository"
          value={provider}
          onChange={setProvider}
          options={GIT_PROVIDERS.map((info) => ({ value: info.provider as string, label: info.name }))}
        />
        <p className="text-sm text-ink-soft">{providerInfo(provider)?.webhook}</p>
      </section>
    </>
  );
}
