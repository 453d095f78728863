import { createPreview, keys, type Capsule } from "@capsule/api";
import { Button, Field, Input, problemText, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

/** A preview by hand, of any branch. */
export function CreatePreview({ capsule }: { capsule: Capsule }) {
  const queryClient = useQueryClient();
  const [branch, setBranch] = useState("");
  const create = useMutation({
    mutationFn: () => createPreview(capsule.id, branch.trim()),
    onSuccess: () => {
      toast(`A preview of ${branch.trim()} is being built`);
      setBranch("");
      void queryClient.invalidateQueries({ queryKey: keys.previews(capsule.slug) });
      void queryClient.invalidateQueries({ queryKey: keys.capsules });
    },
  });
  return (
    <form
      className="p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (branch.trim() !== "") create.mutate();
      }}
    >
      <Field label="Preview a branch" error={problemText(create)}>
        {(control) => (
          <span className="flex gap-2">
            <Input {...control} placeholder="feature/cart" autoComplete="off" spellCheck={false} value={branch} onChange={(event) => setBranch(event.target.value)} />
            <Button type="submit" disabled={branch.trim() === ""} isBusy={create.isPending}>
              Build
            </Button>
          </span>
        )}
      </Field>
    </form>
  );
}
