import { cancelDeployment, keys, type Capsule, type Deployment } from "@capsule/api";
import { Button, ConfirmDialog, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { useState } from "react";

export function CancelDeployment({ capsule, deployment }: { capsule: Capsule; deployment: Deployment }) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelDeployment(deployment.id),
    onSettled: () => {
      setIsAsking(false);
      return queryClient.invalidateQueries({ queryKey: keys.deployments(capsule.slug) });
    },
    onError: (error) => toastProblem("The deployment was not cancelled", error),
  });
  const before = deployment.previous_release_number;
  return (
    <>
      <Button size="sm" onClick={() => setIsAsking(true)}>
        <Ban /> Cancel
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Give up on release ${String(deployment.release_number)}?`}
        confirmLabel="Cancel the deployment"
        isBusy={cancel.isPending}
        onConfirm={() => cancel.mutate()}
      >
        {before === null ? "Nothing is live then." : `Release ${String(before)} stays live.`}
      </ConfirmDialog>
    </>
  );
}
