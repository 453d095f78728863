import { keys, renameSpace, type Space } from "@capsule/api";
import { DialogContent, DialogRoot, Field, Form, Input, problemText } from "@capsule/ui";
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
        <Form className="mt-4" sending={rename} showsProblem={false} submit="Rename" onSubmit={() => rename.mutate()}>
          <Field label="Name" error={problemText(rename)}>
            {(control) => (
              <Input {...control} autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
        </Form>
      </DialogContent>
    </DialogRoot>
  );
}
