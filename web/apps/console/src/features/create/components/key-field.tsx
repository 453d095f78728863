import { makeDeployKeyAhead, type Space } from "@capsule/api";
import { Button, CommandLine, toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import type { StepProps } from "./step.tsx";

/** A deploy key that is made before its capsule, so that the plan can already be read with it. */
export function KeyField({ form, set, shown, space }: StepProps & { space: Space }) {
  const make = useMutation({
    mutationFn: () => makeDeployKeyAhead(space.id),
    onSuccess: (key) => {
      set("keyId", key.id);
      set("publicKey", key.public_key);
    },
    onError: (error) => toastProblem("No key was made", error),
  });
  const problem = shown("keyId");
  return (
    <div className="space-y-2">
      {form.publicKey === "" ? (
        <Button size="sm" isBusy={make.isPending} onClick={() => make.mutate()}>
          Make a deploy key
        </Button>
      ) : (
        <CommandLine command={form.publicKey} isCommand={false} />
      )}
      <p className="text-xs text-ink-soft">
        Put its public half into the repository’s settings, with read access, before you go on. The private half is kept encrypted.
      </p>
      {problem && <p className="text-xs text-bad-text" role="alert">{problem}</p>}
    </div>
  );
}
