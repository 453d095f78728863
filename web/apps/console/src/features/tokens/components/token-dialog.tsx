import { createToken, keys } from "@capsule/api";
import { Button, CommandLine, DialogContent, DialogRoot, Field, Form, Input, NativeSelect, problemText } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

/** Ask for a name, then show the token this one time. */
export function TokenDialog({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const create = useMutation({
    mutationFn: () => createToken(name.trim(), days === "" ? null : Number(days)),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.tokens }),
  });
  return (
    <DialogRoot open onOpenChange={(isOpen) => !isOpen && onClose()}>
      {create.isSuccess ? (
        <DialogContent title="Copy the token now" description="It is shown this one time only.">
          <div className="mt-4 space-y-4">
            <CommandLine command={create.data.token} isCommand={false} />
            <div className="flex justify-end">
              <Button tone="primary" onClick={onClose}>
                Done
              </Button>
            </div>
          </div>
        </DialogContent>
      ) : (
        <DialogContent title="New token">
          <Form className="mt-4" sending={create} showsProblem={false} submit="Create token" onSubmit={() => create.mutate()}>
            <Field label="Name" hint="What will use it." error={problemText(create)}>
              {(control) => (
                <Input {...control} required autoFocus value={name} onChange={(event) => setName(event.target.value)} />
              )}
            </Field>
            <Field label="Ends after">
              {(control) => (
                <NativeSelect {...control} className="w-full" value={days} onChange={(event) => setDays(event.target.value)}>
                  <option value="7">7 days</option>
                  <option value="90">90 days</option>
                  <option value="365">A year</option>
                  <option value="">Never</option>
                </NativeSelect>
              )}
            </Field>
          </Form>
        </DialogContent>
      )}
    </DialogRoot>
  );
}
