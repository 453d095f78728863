import { approveCliLogin, getCliLogin, keys, meQuery } from "@capsule/api";
import { Button, ErrorState, Notice, Skeleton, toastProblem } from "@capsule/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { CircleCheck, CircleX, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { Door } from "../components/door.tsx";

/** A signed-in person says yes to a command line that waits for them. */
export function CliLoginPage() {
  usePageTitle("Command line sign-in");
  const { login } = useParams({ from: "/signed-in/cli-login/$login" });
  const me = useQuery(meQuery);
  const request = useQuery({ queryKey: keys.cliLogin(login), queryFn: () => getCliLogin(login), retry: false });
  const [isDenied, setIsDenied] = useState(false);
  const approve = useMutation({
    mutationFn: () => approveCliLogin(login),
    onError: (error) => toastProblem("The sign-in was not approved", error),
  });
  const isDone = approve.isSuccess || request.data?.status === "approved";

  return (
    <Door title="Sign in the command line">
      {request.isPending && <Skeleton className="h-40" />}
      {request.isError && <ErrorState error={request.error} className="px-0 py-2" />}
      {isDone && (
        <Outcome icon={CircleCheck} tone="text-good" title="Approved">
          Go back to your terminal. You can close this page.
        </Outcome>
      )}
      {!isDone && isDenied && (
        <Outcome icon={CircleX} tone="text-ink-faint" title="Not approved">
          The command line was not signed in. Its request ends by itself; you can close this page.
        </Outcome>
      )}
      {!isDone && !isDenied && request.data && (
        <div className="space-y-4">
          <p className="text-sm text-ink-soft">
            <strong className="font-medium text-ink">{request.data.host_name || "A command line"}</strong> asks to act as{" "}
            <strong className="font-medium text-ink">{me.data?.user.email}</strong>. Approve only if your terminal shows
            this code:
          </p>
          <p
            data-testid="cli-code"
            className="rounded-lg bg-sunken py-4 text-center font-mono text-2xl font-semibold tracking-[0.2em]"
          >
            {request.data.code}
          </p>
          <Notice tone="warn">Did you not run <code className="font-mono">capsule login</code>? Then deny.</Notice>
          <div className="grid grid-cols-2 gap-2">
            <Button size="lg" onClick={() => setIsDenied(true)}>
              Deny
            </Button>
            <Button size="lg" tone="primary" isBusy={approve.isPending} onClick={() => approve.mutate()}>
              Approve
            </Button>
          </div>
        </div>
      )}
    </Door>
  );
}

type OutcomeProps = { icon: LucideIcon; tone: string; title: string; children: string };

function Outcome({ icon: Icon, tone, title, children }: OutcomeProps) {
  return (
    <div role="status" className="py-4 text-center">
      <Icon className={`mx-auto size-9 ${tone}`} aria-hidden />
      <h2 className="mt-3 text-base font-semibold">{title}</h2>
      <p className="mt-1 text-sm text-ink-soft">{children}</p>
    </div>
  );
}
