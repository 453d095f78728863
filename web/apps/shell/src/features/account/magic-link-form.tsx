import { appHost, asProblem } from "@capsule/api";
import { Button, Field, Input } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CheckYourMail } from "./check-your-mail.tsx";

export function MagicLinkForm({ returnTo }: { returnTo: string }) {
  const [email, setEmail] = useState("");
  const send = useMutation({ mutationFn: () => appHost.sendMagicLink(email.trim(), returnTo) });
  if (send.isSuccess) {
    return (
      <CheckYourMail email={email.trim()} onBack={() => send.reset()}>
        It works once, and only for a short time.
      </CheckYourMail>
    );
  }
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Field label="Email" error={send.error === null ? null : asProblem(send.error).detail}>
        {(control) => (
          <Input
            {...control}
            type="email"
            name="email"
            autoComplete="email"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" tone="primary" size="lg" className="w-full" isBusy={send.isPending}>
        Send me a link
      </Button>
    </form>
  );
}
