import { useState, type ReactNode } from "react";
import { DialogContent, DialogRoot } from "./primitives/dialog.tsx";
import { Field } from "./field.tsx";
import { Form } from "./form.tsx";
import { Input } from "./primitives/input.tsx";

type ConfirmDialogProps = {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  children: ReactNode;
  confirmLabel: string;
  /** What has to be typed before the button works. */
  typedName?: string;
  isBusy?: boolean;
  isDanger?: boolean;
  onConfirm: () => void;
  "data-testid"?: string;
};

export function ConfirmDialog({ isOpen, onOpenChange, ...rest }: ConfirmDialogProps) {
  return (
    <DialogRoot open={isOpen} onOpenChange={onOpenChange}>
      {isOpen && <ConfirmBody {...rest} />}
    </DialogRoot>
  );
}

function ConfirmBody({
  title,
  children,
  confirmLabel,
  typedName,
  isBusy = false,
  isDanger = true,
  onConfirm,
  "data-testid": testId = "confirm-dialog",
}: Omit<ConfirmDialogProps, "isOpen" | "onOpenChange">) {
  const [typed, setTyped] = useState("");
  return (
    <DialogContent title={title} description={children} data-testid={testId}>
      <Form
        className="mt-4"
        sending={{ isPending: isBusy, error: null }}
        submit={confirmLabel}
        isAllowed={typedName === undefined || typed === typedName}
        isDanger={isDanger}
        onSubmit={onConfirm}
      >
        {typedName !== undefined && (
          <Field
            label={
              <>
                Type <code className="rounded-sm bg-hover px-1 py-0.5 font-mono text-xs">{typedName}</code> to confirm
              </>
            }
          >
            {(control) => (
              <Input
                {...control}
                name="confirm"
                autoComplete="off"
                spellCheck={false}
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
      </Form>
    </DialogContent>
  );
}
