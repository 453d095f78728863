import { asProblem, createGitConnection, keys } from "@capsule/api";
import { Button, DialogClose, Field, Input, Notice, Segmented, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { GIT_PROVIDERS, providerInfo, type GitProvider } from "#config/providers.ts";

export function ConnectForm({ team, onDone }: { team: string; onDone: (connection: string) => void }) {
  const queryClient = useQueryClient();
  const [provider, setProvider] = useState<GitProvider>("github");
  const [url, setUrl] = useState("");
  const [token, setToken] = useState("");
  const info = providerInfo(provider);
  const connect = useMutation({
    mutationFn: () => createGitConnection(team, { provider, url: url.trim(), token: token.trim() }),
    onSuccess: (connection) => {
      toast(`Connected to ${info?.name ?? provider}`, `As ${connection.account}.`);
      void queryClient.invalidateQueries({ queryKey: keys.gitConnections(team) });
      onDone(connection.id);
    },
  });
  const problem = connect.isError ? asProblem(connect.error) : null;
  return (
    <form
      className="mt-4 space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        // It lies inside the wizard's form, for React if not for the page.
        event.stopPropagation();
        connect.mutate();
      }}
    >
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <Segmented
        label="Host"
        value={provider}
        onChange={setProvider}
        options={GIT_PROVIDERS.map((one) => ({ value: one.provider, label: one.name }))}
      />
      <Field label="Address" hint="Empty: the provider’s public one." error={problem?.fieldMessage("url") ?? null}>
        {(control) => <Input {...control} placeholder={info?.url} value={url} onChange={(event) => setUrl(event.target.value)} />}
      </Field>
      <Field label="Access token" hint={info?.token} error={problem?.fieldMessage("token") ?? null}>
        {(control) => (
          <Input {...control} type="password" required autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" tone="primary" isBusy={connect.isPending}>
          Connect
        </Button>
      </div>
    </form>
  );
}
