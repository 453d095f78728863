import { keys, putSecret, type Space } from "@capsule/api";
import { DialogContent, DialogRoot, Field, Form, Input, problemOf, Textarea, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

type SecretDialogProps = { space: Space; name: string; onClose: () => void };

/** Create a secret, or replace the value of `name`. */
export function SecretDialog({ space, name: known, onClose }: SecretDialogProps) {
  const queryClient = useQueryClient();
  const [name, setName] = useState(known);
  const [value, setValue] = useState("");
  const save = useMutation({
    mutationFn: () => putSecret(space.id, name.trim(), value),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keys.secrets(space.id) });
      toast(`Secret ${name.trim()} saved`);
      onClose();
    },
  });
  const problem = problemOf(save);
  return (
    <DialogRoot open onOpenChange={(isOpen) => !isOpen && onClose()}>
      <DialogContent
        title={known === "" ? "New secret" : `Replace ${known}`}
        description="The value is encrypted and is never shown again."
        data-testid="secret-dialog"
      >
        <Form className="mt-4" sending={save} submit="Save secret" onSubmit={() => save.mutate()}>
          <Field label="Name" error={problem?.fieldMessage("name") ?? null}>
            {(control) => (
              <Input
                {...control}
                name="name"
                required
                autoFocus={known === ""}
                readOnly={known !== ""}
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-xs"
                placeholder="OPENAI_API_KEY"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Value" error={problem?.fieldMessage("value") ?? null}>
            {(control) => (
              <Textarea
                {...control}
                name="value"
                required
                autoFocus={known !== ""}
                rows={3}
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-xs"
                value={value}
                onChange={(event) => setValue(event.target.value)}
              />
            )}
          </Field>
        </Form>
      </DialogContent>
    </DialogRoot>
  );
}
