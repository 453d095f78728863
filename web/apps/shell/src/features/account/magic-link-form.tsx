import { appHost, asProblem } from "@capsule/api";
import { Button } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CheckYourMail } from "./check-your-mail.tsx";
import { EmailField } from "./email-field.tsx";

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
      <EmailField value={email} onChange={setEmail} error={send.error === null ? null : asProblem(send.error).detail} />
      <Button type="submit" tone="primary" size="lg" className="w-full" isBusy={send.isPending}>
        Send me a link
      </Button>
    </form>
  );
}
