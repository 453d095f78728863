import { asProblem, keys, login } from "@capsule/api";
import { Button, Field, Input, Notice } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { Door } from "../components/door.tsx";

export function SignInPage() {
  usePageTitle("Sign in");
  const { next } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const queryClient = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => login(email.trim(), password),
    onSuccess: (me) => {
      queryClient.clear();
      queryClient.setQueryData(keys.me, me);
      router.history.push(next ?? "/");
    },
  });
  const problem = signIn.isError ? asProblem(signIn.error) : null;
  return (
    <Door title="Sign in to Capsule">
      <form
        className="space-y-4"
        aria-label="Sign in"
        data-testid="sign-in-form"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        {problem && (
          <Notice tone="bad" title={problem.detail}>
            {problem.hint}
          </Notice>
        )}
        <Field label="E-mail" error={problem?.fieldMessage("email") ?? null}>
          {(control) => (
            <Input
              {...control}
              name="email"
              type="text"
              inputMode="email"
              autoComplete="username"
              autoCapitalize="none"
              autoFocus
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label="Password" error={problem?.fieldMessage("password") ?? null}>
          {(control) => (
            <Input
              {...control}
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" tone="primary" size="lg" className="w-full" isBusy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </Door>
  );
}
