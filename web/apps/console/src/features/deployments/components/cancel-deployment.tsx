import { cancelDeployment, keys, type Capsule, type Deployment } from "@capsule/api";
import { AskButton, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";

export function CancelDeployment({ capsule, deployment }: { capsule: Capsule; deployment: Deployment }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelDeployment(deployment.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.deployments(capsule.slug) }),
    onError: (error) => toastProblem("The deployment was not cancelled", error),
  });
  const before = deployment.previous_release_number;
  return (
    <AskButton
      size="sm"
      title={`Give up on release ${String(deployment.release_number)}?`}
      consequence={before === null ? "Nothing is live then." : `Release ${String(before)} stays live.`}
      confirmLabel="Cancel the deployment"
      isBusy={cancel.isPending}
      onConfirm={(close) => cancel.mutate(undefined, { onSettled: close })}
    >
      <Ban /> Cancel
    </AskButton>
  );
}
