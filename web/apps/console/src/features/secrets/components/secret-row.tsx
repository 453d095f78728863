import { deleteSecret, keys, type Secret, type Space } from "@capsule/api";
import { Button, ConfirmDialog, Time, toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound, RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";

type SecretRowProps = { secret: Secret; space: Space; onReplace: () => void };

export function SecretRow({ secret, space, onReplace }: SecretRowProps) {
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteSecret(space.id, secret.name),
    onSuccess: () => toast(`Secret ${secret.name} deleted`),
    onError: (error) => toastProblem("The secret was not deleted", error),
    onSettled: () => {
      setIsAsking(false);
      return queryClient.invalidateQueries({ queryKey: keys.secrets(space.id) });
    },
  });
  return (
    <li data-testid="secret-row" data-name={secret.name} className="flex items-center gap-3 px-4 py-2.5">
      <KeyRound className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="truncate font-mono text-sm">{secret.name}</p>
        <p className="text-xs text-ink-faint">
          set <Time at={secret.updated_at} />
        </p>
      </div>
      <span className="hidden font-mono text-xs text-ink-faint sm:block" aria-hidden>
        ••••••••
      </span>
      <Button tone="quiet" size="sm" aria-label={`Replace ${secret.name}`} onClick={onReplace}>
        <RefreshCw /> Replace
      </Button>
      <Button tone="quiet" size="icon-sm" aria-label={`Delete ${secret.name}`} onClick={() => setIsAsking(true)}>
        <Trash2 />
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Delete the secret ${secret.name}?`}
        confirmLabel="Delete secret"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Capsules that use it fail at their next start until it is set again.
      </ConfirmDialog>
    </li>
  );
}
