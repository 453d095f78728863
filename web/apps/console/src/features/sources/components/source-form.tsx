import type { Capsule, Source } from "@capsule/api";
import { Field, Form, Input, problemOf, Segmented } from "@capsule/ui";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";

type Kind = "git" | "push" | "image";
const KINDS = [
  { value: "git" as const, label: "Repository" },
  { value: "push" as const, label: "git push" },
];

export function SourceForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const { source } = capsule;
  const [kind, setKind] = useState<Kind>(source.kind === "push" || source.kind === "image" ? source.kind : "git");
  const [url, setUrl] = useState(source.kind === "git" ? source.url : "");
  const [image, setImage] = useState(source.kind === "image" ? source.image : "");
  const [branch, setBranch] = useState("branch" in source ? (source.branch ?? "") : "");
  const [path, setPath] = useState("path" in source ? (source.path ?? "") : "");
  const change = useUpdateCapsule(capsule, onDone);
  const problem = problemOf(change);
  const isImage = kind === "image";
  const wanted = (): Source => {
    if (isImage) return { kind, image: image.trim() };
    const place = { ...(branch.trim() && { branch: branch.trim() }), ...(path.trim() && { path: path.trim() }) };
    return kind === "push" ? { kind, ...place } : { kind, url: url.trim(), ...place };
  };
  return (
    <Form className="space-y-3 p-4" sending={change} submit="Save" onCancel={onDone} onSubmit={() => change.mutate({ source: wanted() })}>
      <Segmented
        label="Kind of source"
        value={kind}
        onChange={setKind}
        options={capsule.type === "docker" ? [...KINDS, { value: "image" as const, label: "Image" }] : KINDS}
      />
      {kind === "git" && (
        <Field label="Repository URL" error={problem?.fieldMessage("url") ?? null}>
          {(control) => <Input {...control} name="url" required autoFocus value={url} onChange={(event) => setUrl(event.target.value)} />}
        </Field>
      )}
      {isImage && (
        <Field label="Image" hint="Such as caddy:2." error={problem?.fieldMessage("image") ?? null}>
          {(control) => <Input {...control} name="image" required value={image} onChange={(event) => setImage(event.target.value)} />}
        </Field>
      )}
      {!isImage && (
        <>
          <Field
            label="Branch"
            hint={kind === "push" ? "Pushes to it are deployed; empty: main." : "Empty for the default branch."}
            error={problem?.fieldMessage("branch") ?? null}
          >
            {(control) => <Input {...control} name="branch" value={branch} onChange={(event) => setBranch(event.target.value)} />}
          </Field>
          <Field label="Path" hint="Folder of the repository; empty for its root." error={problem?.fieldMessage("path") ?? null}>
            {(control) => <Input {...control} name="path" value={path} onChange={(event) => setPath(event.target.value)} />}
          </Field>
        </>
      )}
      <p className="text-xs text-ink-faint">
        {kind === "push" ? "The next push is built; what is live stays until then." : "Saving another source starts a build."}
      </p>
    </Form>
  );
}
