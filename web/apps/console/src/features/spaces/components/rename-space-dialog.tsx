import { asProblem, keys, renameSpace, type Space } from "@capsule/api";
import { Button, DialogClose, DialogContent, DialogRoot, Field, Input } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

export function RenameSpaceDialog({ space, onClose }: { space: Space; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(space.name);
  const rename = useMutation({
    mutationFn: () => renameSpace(space.id, name.trim()),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.spaces });
      onClose();
    },
  });
  return (
    <DialogRoot open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <DialogContent title="Rename the space" description="Its address keeps the old name.">
        <form
          className="mt-4 space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            rename.mutate();
          }}
        >
          <Field label="Name" error={rename.isError ? asProblem(rename.error).detail : null}>
            {(control) => (
              <Input {...control} autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
          <div className="flex justify-end gap-2">
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" tone="primary" isBusy={rename.isPending}>
              Rename
            </Button>
          </div>
        </form>
      </DialogContent>
    </DialogRoot>
  );
}
