import { appHost } from "@capsule/api";
import { DialogContent, DialogRoot, Field, Form, Input, problemOf, toast } from "@capsule/ui";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

type PasswordDialogProps = { isOpen: boolean; onOpenChange: (isOpen: boolean) => void };

export function PasswordDialog({ isOpen, onOpenChange }: PasswordDialogProps) {
  return (
    <DialogRoot open={isOpen} onOpenChange={onOpenChange}>
      {isOpen && <PasswordBody onDone={() => onOpenChange(false)} />}
    </DialogRoot>
  );
}

function PasswordBody({ onDone }: { onDone: () => void }) {
  const account = useQuery({ queryKey: ["account"], queryFn: appHost.getAccount });
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const hasOld = account.data?.needs_old_password ?? account.data?.has_password ?? true;
  const save = useMutation({
    mutationFn: () => appHost.changePassword({ ...(hasOld ? { old } : {}), new: next }),
    onSuccess: () => {
      toast(hasOld ? "Password changed" : "Password set");
      onDone();
    },
  });
  const problem = problemOf(save);
  const [oldProblem, newProblem] = [problem?.fieldMessage("old"), problem?.fieldMessage("new")];
  return (
    <DialogContent title={hasOld ? "Change password" : "Set a password"}>
      <Form
        className="mt-4"
        sending={save}
        showsProblem={oldProblem == null && newProblem == null}
        submit="Save"
        onSubmit={() => save.mutate()}
      >
        {hasOld && (
          <Field label="Password until now" error={oldProblem ?? null}>
            {(control) => (
              <Input {...control} type="password" autoComplete="current-password" required value={old} onChange={(event) => setOld(event.target.value)} />
            )}
          </Field>
        )}
        <Field label="New password" error={newProblem ?? null}>
          {(control) => (
            <Input {...control} type="password" autoComplete="new-password" required value={next} onChange={(event) => setNext(event.target.value)} />
          )}
        </Field>
      </Form>
    </DialogContent>
  );
}
