import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { cn } from "../cn.ts";
import { Button } from "./button.tsx";

export const DialogRoot = Radix.Root;
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

type DialogContentProps = {
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  className?: string;
  "data-testid"?: string;
};

export function DialogContent(props: DialogContentProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-shade backdrop-blur-[2px]" />
      <Panel {...props} />
    </Radix.Portal>
  );
}

/** There while the dialog is open only: what has the focus as it opens gets it back, also where no trigger is. */
function Panel({ title, description, children, className, ...props }: DialogContentProps) {
  const [opener] = useState(() => document.activeElement);
  return (
    <Radix.Content
      className={cn(
        "fixed top-[min(18vh,10rem)] left-1/2 z-50 max-h-[calc(100dvh-4rem)] w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 animate-fade overflow-y-auto rounded-xl border bg-raised p-5 shadow-float",
        className,
      )}
      {...(description === undefined ? { "aria-describedby": undefined } : {})}
      onCloseAutoFocus={(event) => {
        if (!(opener instanceof HTMLElement) || opener === document.body || !opener.isConnected) return;
        event.preventDefault();
        opener.focus();
      }}
      {...props}
    >
      <Radix.Title className="pr-8 text-lg font-semibold">{title}</Radix.Title>
      {description !== undefined && (
        <Radix.Description className="mt-1.5 text-sm text-ink-soft">{description}</Radix.Description>
      )}
      {children}
      <Radix.Close asChild>
        <Button tone="quiet" size="icon-sm" className="absolute top-4 right-4" aria-label="Close">
          <X />
        </Button>
      </Radix.Close>
    </Radix.Content>
  );
}

/** A panel from the left edge; the sidebar on small screens. */
export function SheetContent({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-shade" />
      <Radix.Content
        className="fixed inset-y-0 left-0 z-50 w-[min(19rem,86vw)] animate-slide border-r bg-canvas shadow-float outline-none"
        aria-describedby={undefined}
      >
        <Radix.Title className="sr-only">{title}</Radix.Title>
        {children}
      </Radix.Content>
    </Radix.Portal>
  );
}
