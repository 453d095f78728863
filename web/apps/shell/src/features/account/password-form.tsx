import { appHost, asProblem } from "@capsule/api";
import { Button, Field, Input } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CheckYourMail } from "./check-your-mail.tsx";
import { EmailField } from "./email-field.tsx";
import { useNewVisitor } from "./use-new-visitor.ts";

type PasswordFormProps = { isSigningUp: boolean; returnTo: string; onDone: () => void };

export function PasswordForm({ isSigningUp, returnTo, onDone }: PasswordFormProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const welcome = useNewVisitor();
  const enter = useMutation({
    mutationFn: () =>
      isSigningUp
        ? appHost.signUp({ email: email.trim(), password, return_to: returnTo })
        : appHost.signInHere({ email: email.trim(), password }),
    onSuccess: async (answer) => {
      if (answer.status === "mail_sent") return;
      await welcome();
      onDone();
    },
  });
  const problem = enter.error === null ? null : asProblem(enter.error);
  const [emailProblem, passwordProblem] = [problem?.fieldMessage("email"), problem?.fieldMessage("password")];
  if (enter.data?.status === "mail_sent") {
    return (
      <CheckYourMail email={email.trim()} onBack={() => enter.reset()}>
        It finishes making your account.
      </CheckYourMail>
    );
  }
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <EmailField value={email} onChange={setEmail} error={emailProblem ?? null} isFirst />
      <Field label="Password" error={passwordProblem ?? null}>
        {(control) => (
          <Input
            {...control}
            type="password"
            name="password"
            autoComplete={isSigningUp ? "new-password" : "current-password"}
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {problem && emailProblem == null && passwordProblem == null && (
        <p role="alert" className="text-sm text-bad-text">
          {problem.detail}
        </p>
      )}
      <Button type="submit" tone="primary" size="lg" className="w-full" isBusy={enter.isPending}>
        {isSigningUp ? "Create account" : "Sign in"}
      </Button>
    </form>
  );
}
