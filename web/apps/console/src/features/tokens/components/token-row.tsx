import { deleteToken, keys, type Token } from "@capsule/api";
import { AskButton, Time, toastProblem } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";

export function TokenRow({ token }: { token: Token }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteToken(token.id),
    onError: (error) => toastProblem("The token was not deleted", error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.tokens }),
  });
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{token.name}</p>
        <p className="text-xs text-ink-faint">
          made <Time at={token.created_at} />
          {token.last_used_at ? (
            <>
              {" · used "}
              <Time at={token.last_used_at} />
            </>
          ) : (
            " · never used"
          )}
          {token.expires_at && (
            <>
              {" · ends "}
              <Time at={token.expires_at} />
            </>
          )}
        </p>
      </div>
      <AskButton
        tone="quiet"
        size="icon-sm"
        aria-label={`Delete ${token.name}`}
        title={`Delete the token “${token.name}”?`}
        consequence="Whatever uses it is signed out at once."
        confirmLabel="Delete token"
        isBusy={remove.isPending}
        onConfirm={(close) => remove.mutate(undefined, { onSettled: close })}
      >
        <Trash2 />
      </AskButton>
    </li>
  );
}
