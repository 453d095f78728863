import { findSpace, spaceKey, spacesQuery, type Capsule } from "@capsule/api";
import { Button, Card, ConfirmDialog } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useRemoveCapsule } from "../api/use-capsule-actions.ts";

export function RemoveCard({ capsule }: { capsule: Capsule }) {
  const navigate = useNavigate();
  const [isOpen, setIsOpen] = useState(false);
  const spaces = useQuery(spacesQuery).data ?? [];
  const space = findSpace(capsule.space_id, spaces);
  const params = { space: space ? spaceKey(space, spaces) : capsule.space_id };
  const remove = useRemoveCapsule(capsule, () => void navigate({ to: "/spaces/$space", params }));
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 p-4">
      <div>
        <h2 className="text-base font-semibold">Remove capsule</h2>
        <p className="text-sm text-ink-soft">
          {capsule.type === "storage"
            ? "Deletes every file in it. This cannot be undone."
            : "Stops it and deletes its releases, variables and logs. This cannot be undone."}
        </p>
      </div>
      <Button tone="danger-quiet" className="border border-line-strong" onClick={() => setIsOpen(true)}>
        Remove…
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onOpenChange={setIsOpen}
        title={`Remove “${capsule.name}”?`}
        confirmLabel="Remove capsule"
        typedName={capsule.name}
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(capsule.name)}
        data-testid="remove-dialog"
      >
        This cannot be undone.
      </ConfirmDialog>
    </Card>
  );
}
