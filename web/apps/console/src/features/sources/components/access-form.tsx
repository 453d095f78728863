import { asProblem, makeDeployKey, updateSourceAccess, type Capsule, type GitConnection, type SourceAccess } from "@capsule/api";
import { Button, CommandLine, Field, Input, NativeSelect, Notice } from "@capsule/ui";
import { useState } from "react";
import { providerInfo } from "#config/providers.ts";
import { useChangeAccess } from "../api/use-sources.ts";

type AccessFormProps = { capsule: Capsule; access: SourceAccess; connections: GitConnection[]; url: string };

/** A token for https, a key for ssh, or the team's connection to the host: whichever is there is used. */
export function AccessForm({ capsule, access, connections, url }: AccessFormProps) {
  const [token, setToken] = useState("");
  const saveToken = useChangeAccess(
    capsule,
    () => updateSourceAccess(capsule.id, { token }),
    token === "" ? "The token is forgotten" : "Token saved",
    () => setToken(""),
  );
  const key = useChangeAccess(capsule, () => makeDeployKey(capsule.id), "A new deploy key is made");
  const [connection, setConnection] = useState(access.connection_id ?? "");
  const connect = useChangeAccess(capsule, () => updateSourceAccess(capsule.id, { connection_id: connection }), "Saved");
  const forget = useChangeAccess(capsule, () => updateSourceAccess(capsule.id, { forget_hosts: true }), "The host’s keys are forgotten");
  const failed = [saveToken, key, connect, forget].find((change) => change.isError);
  const problem = failed ? asProblem(failed.error) : null;
  const canChange = capsule.can.includes("update");
  const isSsh = !/^https?:/.test(url);
  return (
    <>
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <section className="space-y-2">
        <h3 className="text-sm font-medium">Deploy key</h3>
        <p className="text-xs text-ink-faint">
          For ssh addresses{isSsh ? "" : "; this one is not"}. Put it into the repository’s settings, with read access.
        </p>
        {access.public_key !== null && <CommandLine command={access.public_key} isCommand={false} />}
        {canChange && (
          <Button size="sm" isBusy={key.isPending} onClick={() => key.mutate()}>
            {access.public_key === null ? "Make a key" : "Make another key"}
          </Button>
        )}
      </section>
      {canChange && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            saveToken.mutate();
          }}
        >
          <Field label="Access token" hint={access.has_token ? "One is set. Saving an empty one forgets it." : "For https addresses."} className="flex-1">
            {(control) => (
              <Input {...control} type="password" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
            )}
          </Field>
          <Button type="submit" className="mb-6" disabled={token === "" && !access.has_token} isBusy={saveToken.isPending}>
            {token === "" && access.has_token ? "Forget" : "Save"}
          </Button>
        </form>
      )}
      {canChange && connections.length > 0 && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            connect.mutate();
          }}
        >
          <Field label="Connection" hint="Its token is used, and the webhook is set up by itself." className="flex-1">
            {(control) => (
              <NativeSelect {...control} className="w-full" value={connection} onChange={(event) => setConnection(event.target.value)}>
                <option value="">None</option>
                {connections.map(({ id, provider, account }) => (
                  <option key={id} value={id}>
                    {providerInfo(provider)?.name ?? provider}, {account}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          <Button type="submit" className="mb-6" disabled={connection === (access.connection_id ?? "")} isBusy={connect.isPending}>
            Save
          </Button>
        </form>
      )}
      {canChange && access.known_hosts > 0 && (
        <p className="flex flex-wrap items-center gap-2 text-xs text-ink-faint">
          The host’s key was pinned when it was first met.
          <Button size="sm" tone="quiet" isBusy={forget.isPending} onClick={() => forget.mutate()}>
            Forget it
          </Button>
        </p>
      )}
    </>
  );
}
