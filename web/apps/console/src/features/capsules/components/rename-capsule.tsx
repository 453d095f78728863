import type { Capsule } from "@capsule/api";
import { Button, DialogContent, DialogRoot, DialogTrigger, Field, Form, Input, problemText } from "@capsule/ui";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";

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
  const update = useUpdateCapsule(capsule, onDone, "Renamed");
  return (
    <DialogContent title="Rename the capsule" description="Its address and slug stay as they are.">
      <Form className="mt-4" sending={update} showsProblem={false} submit="Rename" onSubmit={() => update.mutate({ name: name.trim() })}>
        <Field label="Name" error={problemText(update)}>
          {(control) => (
            <Input {...control} autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
      </Form>
    </DialogContent>
  );
}
