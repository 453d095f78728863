import { deleteSecret, keys, type Secret, type Space } from "@capsule/api";
import { AskButton, Button, Time, toast, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound, RefreshCw, Trash2 } from "lucide-react";

type SecretRowProps = { secret: Secret; space: Space; onReplace: () => void };

export function SecretRow({ secret, space, onReplace }: SecretRowProps) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteSecret(space.id, secret.name),
    onSuccess: () => toast(`Secret ${secret.name} deleted`),
    onError: (error) => toastProblem("The secret was not deleted", error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.secrets(space.id) }),
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
      <AskButton
        tone="quiet"
        size="icon-sm"
        aria-label={`Delete ${secret.name}`}
        title={`Delete the secret ${secret.name}?`}
        consequence="Capsules that use it fail at their next start until it is set again."
        confirmLabel="Delete secret"
        isBusy={remove.isPending}
        onConfirm={(close) => remove.mutate(undefined, { onSettled: close })}
      >
        <Trash2 />
      </AskButton>
    </li>
  );
}
