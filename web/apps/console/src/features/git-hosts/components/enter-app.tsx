import { asProblem, createGitApp, keys } from "@capsule/api";
import { Button, CommandLine, DialogClose, DialogContent, DialogRoot, DialogTrigger, Field, Input, Notice, Segmented, Textarea, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { GIT_PROVIDERS, providerInfo, type GitProvider } from "#config/providers.ts";

const EMPTY = { url: "", client_id: "", client_secret: "", number: "", private_key: "", webhook_secret: "" };
type FieldName = keyof typeof EMPTY;

/** Enters what was registered at a host by hand. */
export function EnterApp() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Enter by hand</Button>
      </DialogTrigger>
      {isOpen && (
        <DialogContent title="Enter a registration" description="Register an application at the host with this callback address, then enter what it shows." className="max-w-lg">
          <EnterForm onDone={() => setIsOpen(false)} />
        </DialogContent>
      )}
    </DialogRoot>
  );
}

function EnterForm({ onDone }: { onDone: () => void }) {
  const queryClient = useQueryClient();
  const [provider, setProvider] = useState<GitProvider>("gitlab");
  const [values, setValues] = useState(EMPTY);
  const isGitHub = provider === "github";
  const enter = useMutation({
    mutationFn: () => {
      const { number, private_key, webhook_secret, ...common } = values;
      return createGitApp({ provider, ...common, ...(isGitHub ? { number, private_key, webhook_secret } : {}) });
    },
    onSuccess: (app) => {
      toast("Registered", `Teams can sign in at ${app.url}.`);
      void queryClient.invalidateQueries({ queryKey: keys.gitApps });
      onDone();
    },
  });
  const problem = enter.isError ? asProblem(enter.error) : null;
  const field = (name: FieldName, label: string, hint?: string, kind: "text" | "password" = "text") => (
    <Field label={label} {...(hint === undefined ? {} : { hint })} error={problem?.fieldMessage(name) ?? null}>
      {(control) => (
        <Input
          {...control}
          type={kind}
          autoComplete="off"
          required={name.startsWith("client") || name === "number"}
          {...(name === "url" ? { placeholder: providerInfo(provider)?.url } : {})}
          value={values[name]}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      className="mt-4 space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <CommandLine command={`${location.origin}/git/return`} isCommand={false} />
      <Segmented label="Host" value={provider} onChange={setProvider} options={GIT_PROVIDERS.map((one) => ({ value: one.provider, label: one.name }))} />
      {field("url", "Address", "Empty: the provider’s public one.")}
      {isGitHub && field("number", "App ID")}
      {field("client_id", "Client ID")}
      {field("client_secret", "Client secret", undefined, "password")}
      {isGitHub && (
        <>
          <Field label="Private key" hint="The whole .pem file." error={problem?.fieldMessage("private_key") ?? null}>
            {(control) => (
              <Textarea {...control} required rows={4} className="font-mono text-xs" value={values.private_key} onChange={(event) => setValues({ ...values, private_key: event.target.value })} />
            )}
          </Field>
          {field("webhook_secret", "Webhook secret", "The address for the app’s webhook is shown afterwards. Empty: no webhooks.", "password")}
        </>
      )}
      <div className="flex justify-end gap-2">
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" tone="primary" isBusy={enter.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
