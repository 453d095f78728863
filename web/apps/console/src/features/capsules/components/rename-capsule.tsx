import { asProblem, type Capsule } from "@capsule/api";
import { Button, DialogClose, DialogContent, DialogRoot, DialogTrigger, Field, Input } from "@capsule/ui";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useUpdateCapsule } from "../api/use-capsule-actions.ts";

export function RenameCapsule({ capsule }: { capsule: Capsule }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
      <DialogTrigger asChild>
        <Button tone="quiet" size="icon-sm" className="-mr-1.5" aria-label="Rename">
          <Pencil />
        </Button>
      </DialogTrigger>
      {isOpen && <RenameForm capsule={capsule} onDone={() => setIsOpen(false)} />}
    </DialogRoot>
  );
}

function RenameForm({ capsule, onDone }: { capsule: Capsule; onDone: () => void }) {
  const [name, setName] = useState(capsule.name);
  const update = useUpdateCapsule(capsule);
  const problem = update.isError ? asProblem(update.error) : null;
  return (
    <DialogContent title="Rename the capsule" description="Its address and slug stay as they are.">
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate({ name: name.trim() }, { onSuccess: onDone });
        }}
      >
        <Field label="Name" error={problem && [problem.detail, problem.hint].filter(Boolean).join(" ")}>
          {(control) => (
            <Input {...control} autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <DialogClose asChild>
            <Button>Cancel</Button>
          </DialogClose>
          <Button type="submit" tone="primary" isBusy={update.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </DialogContent>
  );
}
