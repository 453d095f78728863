import { keys, removeCapsule, type Capsule } from "@capsule/api";
import { AskButton, StatusBadge, toast, toastProblem, useNow } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, Trash2 } from "lucide-react";
import { untilText } from "../watch.ts";

export function PreviewRow({ preview, parent }: { preview: Capsule; parent: Capsule }) {
  const queryClient = useQueryClient();
  const now = useNow(60_000);
  const what = preview.preview_of ?? preview.name;
  const remove = useMutation({
    mutationFn: () => removeCapsule(preview.id, preview.name),
    onSuccess: () => toast(`The preview of ${what} is being removed`),
    onError: (error) => toastProblem("The preview was not removed", error),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: keys.previews(parent.slug) });
      void queryClient.invalidateQueries({ queryKey: keys.capsules });
    },
  });
  return (
    <li data-testid="preview-row" className="flex items-center gap-2 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2 text-sm">
          <Link to="/capsules/$capsule" params={{ capsule: preview.slug }} className="truncate rounded-sm font-medium hover:underline">
            {what}
          </Link>
          <StatusBadge status={preview.status} className="h-5 px-2" />
        </p>
        <p className="flex flex-wrap gap-x-1.5 text-xs text-ink-faint">
          {preview.url !== null && (
            <a href={preview.url} target="_blank" rel="noreferrer" className="inline-flex min-w-0 items-center gap-1 hover:text-accent-text hover:underline">
              <span className="truncate">{preview.url.replace(/^https?:\/\//, "")}</span>
              <ExternalLink className="size-3 shrink-0" aria-hidden />
            </a>
          )}
          {preview.expires_at !== null && <span>removed {untilText(preview.expires_at, now)}</span>}
        </p>
      </div>
      {preview.can.includes("delete") && preview.status !== "removing" && (
        <AskButton
          tone="quiet"
          size="icon-sm"
          aria-label={`Remove the preview of ${what}`}
          title={`Remove the preview of ${what}?`}
          consequence="Its address answers no more. The next push to the branch makes it again."
          confirmLabel="Remove the preview"
          isBusy={remove.isPending}
          onConfirm={(close) => remove.mutate(undefined, { onSettled: close })}
        >
          <Trash2 />
        </AskButton>
      )}
    </li>
  );
}
