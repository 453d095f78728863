import { useState, type ComponentProps, type ReactNode } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Button } from "./primitives/button.tsx";

type AskButtonProps = Omit<ComponentProps<typeof Button>, "onClick" | "title"> & {
  /** What is asked first, and what follows from a yes. */
  title: string;
  consequence: ReactNode;
  confirmLabel: string;
  isBusy: boolean;
  /** `close` takes the question away. */
  onConfirm: (close: () => void) => void;
};

/** A button for what cannot be taken back: it asks first. */
export function AskButton({ title, consequence, confirmLabel, isBusy, onConfirm, ...button }: AskButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button {...button} onClick={() => setIsAsking(true)} />
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={title}
        confirmLabel={confirmLabel}
        isBusy={isBusy}
        onConfirm={() => onConfirm(() => setIsAsking(false))}
      >
        {consequence}
      </ConfirmDialog>
    </>
  );
}
