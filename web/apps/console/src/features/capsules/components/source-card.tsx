import { asProblem, type Capsule, type GitSource } from "@capsule/api";
import { Button, Card, CardHead, CommandLine, Field, Input, Notice } from "@capsule/ui";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { deployCommand } from "#config/commands.ts";
import { useUpdateCapsule } from "../api/use-capsule-actions.ts";

/** Where the code comes from; a change of it starts a build. */
export function SourceCard({ capsule }: { capsule: Capsule }) {
  const [isEditing, setIsEditing] = useState(false);
  const { source } = capsule;
  const edit = !isEditing && capsule.can.includes("update") && (
    <Button size="sm" onClick={() => setIsEditing(true)}>
      <Pencil /> {source.kind === "git" ? "Edit" : "Use git"}
    </Button>
  );
  return (
    <Card>
      <CardHead title="Source" actions={edit} />
      <div className="p-4">
        {isEditing ? (
          <SourceForm capsule={capsule} onDone={() => setIsEditing(false)} />
        ) : source.kind === "git" ? (
          <dl className="space-y-2 text-sm">
            <Row name="Repository" value={source.url} />
            <Row name="Branch" value={source.branch || "default"} />
            <Row name="Path" value={source.path || "/"} />
          </dl>
        ) : (
          <div className="space-y-3 text-sm text-ink-soft">
            <p>
              {source.kind === "upload"
                ? "The code came from a machine with the CLI. Deploy a new release from there:"
                : "Nothing is deployed yet. Deploy from your machine:"}
            </p>
            <CommandLine command={deployCommand(capsule.type, capsule.name)} />
          </div>
        )}
      </div>
    </Card>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className="font-mono text-xs break-all">{value}</dd>
    </div>
  );
}

function SourceForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const before: GitSource = capsule.source.kind === "git" ? capsule.source : { kind: "git", url: "" };
  const [url, setUrl] = useState(before.url);
  const [branch, setBranch] = useState(before.branch ?? "");
  const [path, setPath] = useState(before.path ?? "");
  const update = useUpdateCapsule(capsule);
  const problem = update.isError ? asProblem(update.error) : null;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        const source: GitSource = {
          kind: "git",
          url: url.trim(),
          ...(branch.trim() === "" ? {} : { branch: branch.trim() }),
          ...(path.trim() === "" ? {} : { path: path.trim() }),
        };
        update.mutate({ source }, { onSuccess: onDone });
      }}
    >
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <Field label="Repository URL" error={problem?.fieldMessage("url") ?? null}>
        {(control) => (
          <Input {...control} name="url" required autoFocus value={url} onChange={(event) => setUrl(event.target.value)} />
        )}
      </Field>
      <Field label="Branch" hint="Empty for the default branch.">
        {(control) => <Input {...control} name="branch" value={branch} onChange={(event) => setBranch(event.target.value)} />}
      </Field>
      <Field label="Path" hint="Folder of the repository; empty for its root.">
        {(control) => <Input {...control} name="path" value={path} onChange={(event) => setPath(event.target.value)} />}
      </Field>
      <p className="text-xs text-ink-faint">Saving starts a build.</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" tone="primary" isBusy={update.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
