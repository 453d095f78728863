import { asProblem, makeGitManifest, type GitManifest } from "@capsule/api";
import { Button, buttonStyle, Field, Input, LogoMark, Notice, Switch } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";

/** GitHub makes an app of a manifest that the browser posts there, and sends the browser back. */
export function RegisterAppPage() {
  usePageTitle("Register at GitHub");
  const [name, setName] = useState(`Capsule ${location.hostname}`.slice(0, 34));
  const [organization, setOrganization] = useState("");
  const [url, setUrl] = useState("");
  const [isPublic, setIsPublic] = useState(true);
  const register = useMutation({
    mutationFn: () => makeGitManifest({ url: url.trim(), organization: organization.trim(), name: name.trim(), is_public: isPublic }),
    onSuccess: postManifest,
  });
  const problem = register.isError ? asProblem(register.error) : null;
  return (
    <main className="grid min-h-full place-items-center px-4 py-12">
      <form
        className="w-full max-w-md space-y-4 rounded-xl border bg-surface p-6 shadow-float"
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        <LogoMark className="mx-auto size-10" />
        <h1 className="text-center text-xl font-semibold">Register at GitHub</h1>
        <p className="text-sm text-ink-soft">GitHub shows the app once more and makes it with one click. It reads code, metadata and pull requests; nothing else.</p>
        {problem && (
          <Notice tone="bad" title={problem.detail}>
            {problem.hint}
          </Notice>
        )}
        <Field label="Name of the app" hint="No other app at GitHub may have it." error={problem?.fieldMessage("name") ?? null}>
          {(control) => <Input {...control} required maxLength={34} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Organisation" hint="That owns the app. Empty: your own account." error={problem?.fieldMessage("organization") ?? null}>
          {(control) => <Input {...control} value={organization} onChange={(event) => setOrganization(event.target.value)} />}
        </Field>
        <Field label="Address" hint="Of a GitHub Enterprise server. Empty: github.com." error={problem?.fieldMessage("url") ?? null}>
          {(control) => <Input {...control} placeholder="https://github.com" value={url} onChange={(event) => setUrl(event.target.value)} />}
        </Field>
        <label className="flex items-center gap-3 text-sm">
          <Switch checked={isPublic} onCheckedChange={setIsPublic} />
          Other accounts than its owner’s may install it
        </label>
        <div className="flex justify-end gap-2">
          <Link to="/system" className={buttonStyle({})}>
            Cancel
          </Link>
          <Button type="submit" tone="primary" isBusy={register.isPending || register.isSuccess}>
            Go to GitHub
          </Button>
        </div>
      </form>
    </main>
  );
}

function postManifest({ action_url, manifest }: GitManifest): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action_url;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "manifest";
  field.value = JSON.stringify(manifest);
  form.append(field);
  document.body.append(form);
  form.submit();
}
