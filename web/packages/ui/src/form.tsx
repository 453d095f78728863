import { asProblem, type ProblemError } from "@capsule/api";
import type { ReactNode } from "react";
import { cn } from "./cn.ts";
import { Notice } from "./notice.tsx";
import { Button } from "./primitives/button.tsx";
import { DialogClose } from "./primitives/dialog.tsx";

/** The part of a mutation that a form shows. */
type Sending = { isPending: boolean; error: Error | null };

type FormProps = {
  sending: Sending;
  onSubmit: () => void;
  /** What the button does, in a word or two. */
  submit: string;
  /** Leaves the form; without it, the dialog around it is closed. */
  onCancel?: () => void;
  /** False where the fields say what is wrong. */
  showsProblem?: boolean;
  isAllowed?: boolean;
  isDanger?: boolean;
  size?: "sm" | "md";
  className?: string;
  children?: ReactNode;
};

/** Fields, what was wrong when they were sent, and the two ways out. */
export function Form(props: FormProps) {
  const { sending, onSubmit, submit, onCancel, showsProblem = true, isAllowed = true, isDanger = false, size, className, children } = props;
  const problem = problemOf(sending);
  const cancel = (
    <Button size={size} onClick={onCancel}>
      Cancel
    </Button>
  );
  return (
    <form
      className={cn("space-y-4", className)}
      onSubmit={(event) => {
        event.preventDefault();
        if (isAllowed && !sending.isPending) onSubmit();
      }}
    >
      {children}
      {problem && showsProblem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        {onCancel ? cancel : <DialogClose asChild>{cancel}</DialogClose>}
        <Button type="submit" size={size} tone={isDanger ? "danger" : "primary"} disabled={!isAllowed} isBusy={sending.isPending}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

/** Why the last attempt failed, null while there is no reason to say so. */
export const problemOf = ({ error }: Pick<Sending, "error">): ProblemError | null => (error === null ? null : asProblem(error));

/** A problem in one line, for the one field of a form. */
export const problemText = (sending: Sending): string | null => {
  const problem = problemOf(sending);
  return problem && [problem.detail, problem.hint].filter(Boolean).join(" ");
};
