import { deleteSpace, keys, spaceKey, type Space } from "@capsule/api";
import {
  Button,
  Card,
  ConfirmDialog,
  MenuContent,
  MenuItem,
  MenuRoot,
  MenuTrigger,
  Time,
  toast,
  toastProblem,
} from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { RenameSpaceDialog } from "./rename-space-dialog.tsx";

export function SpaceCard({ space, spaces }: { space: Space; spaces: Space[] }) {
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<"rename" | "delete" | null>(null);
  const remove = useMutation({
    mutationFn: () => deleteSpace(space.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.spaces });
      toast(`Space “${space.name}” deleted`);
    },
    onError: (error) => toastProblem("The space was not deleted", error),
    onSettled: () => setOpen(null),
  });
  const canUpdate = space.can.includes("update");
  const canDelete = space.can.includes("delete");
  return (
    <Card className="group relative p-4 transition-colors hover:border-line-strong">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <Link
            to="/spaces/$space"
            params={{ space: spaceKey(space, spaces) }}
            className="text-base font-semibold after:absolute after:inset-0 after:rounded-lg"
          >
            {space.name}
          </Link>
          <p className="font-mono text-xs text-ink-faint">{space.slug}</p>
        </div>
        {(canUpdate || canDelete) && (
          <MenuRoot>
            <MenuTrigger asChild>
              <Button tone="quiet" size="icon-sm" className="relative z-10 -mt-1 -mr-1" aria-label={`Actions of ${space.name}`}>
                <Ellipsis />
              </Button>
            </MenuTrigger>
            <MenuContent align="end">
              {canUpdate && (
                <MenuItem onSelect={() => setOpen("rename")}>
                  <Pencil /> Rename…
                </MenuItem>
              )}
              {canDelete && (
                <MenuItem isDanger onSelect={() => setOpen("delete")}>
                  <Trash2 /> Delete…
                </MenuItem>
              )}
            </MenuContent>
          </MenuRoot>
        )}
      </div>
      <p className="mt-4 text-xs text-ink-soft">
        {space.capsules === 1 ? "1 capsule" : `${String(space.capsules)} capsules`}
        <span className="text-ink-faint">
          {" "}
          · made <Time at={space.created_at} />
        </span>
      </p>
      {open === "rename" && <RenameSpaceDialog space={space} onClose={() => setOpen(null)} />}
      <ConfirmDialog
        isOpen={open === "delete"}
        onOpenChange={(isOpen) => setOpen(isOpen ? "delete" : null)}
        title={`Delete the space “${space.name}”?`}
        confirmLabel="Delete space"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Its secrets go with it. A space that still has capsules cannot be deleted.
      </ConfirmDialog>
    </Card>
  );
}
