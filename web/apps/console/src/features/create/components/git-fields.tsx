import { gitConnectionsQuery, type Space } from "@capsule/api";
import { Field, NativeSelect } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { providerInfo } from "#config/providers.ts";
import type { Connect } from "../connect.ts";
import { KeyField } from "./key-field.tsx";
import { RepositoryList } from "./repository-list.tsx";
import type { StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

type GitFieldsProps = StepProps & { space: Space; connect: Connect };

/** A repository by its URL or from a connected host, and how a private one is read. */
export function GitFields({ space, connect, ...step }: GitFieldsProps) {
  const { form, set } = step;
  const connections = useQuery(gitConnectionsQuery(space.team_id)).data ?? [];
  const connection = connections.find(({ id }) => id === form.access);
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-end gap-3">
        <Field label="Access" className="min-w-56 flex-1 sm:max-w-xs">
          {(control) => (
            <NativeSelect {...control} className="w-full" value={form.access} onChange={(event) => set("access", event.target.value)}>
              <option value="public">Public repository</option>
              {connections.map(({ id, provider, account, status }) => (
                <option key={id} value={id}>
                  {providerInfo(provider)?.name ?? provider}, {account}
                  {status === "signed_out" ? " (sign in again)" : ""}
                </option>
              ))}
              <option value="token">Private, with an access token</option>
              <option value="key">Private, with a deploy key</option>
            </NativeSelect>
          )}
        </Field>
        {connect((connected) => set("access", connected))}
      </div>
      {connection && <RepositoryList connection={connection} chosen={form.url} onChoose={(url) => set("url", url)} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          {...step}
          field="url"
          label="Repository URL"
          placeholder={form.access === "key" ? "git@git.example.com:team/shop.git" : "https://git.example.com/team/shop.git"}
          className="sm:col-span-2"
          autoFocus
        />
        {form.access === "token" && (
          <TextField {...step} field="token" type="password" label="Access token" hint="Reads the repository. It is kept encrypted." className="sm:col-span-2" />
        )}
        <TextField {...step} field="branch" label="Branch" hint="Empty for the default branch." />
        <TextField {...step} field="path" label="Path" hint="Folder of the repository; empty for its root." />
      </div>
      {form.access === "key" && <KeyField {...step} space={space} />}
    </div>
  );
}
