import { Button, DialogContent, DialogRoot, DialogTrigger } from "@capsule/ui";
import { useState, type ReactNode } from "react";

type LineProps = {
  name: string;
  value: ReactNode;
  /** Of the button that opens the dialog. */
  action: string;
  title: string;
  children: (close: () => void) => ReactNode;
};

/** One thing that is set up in a dialog of its own, and how it stands. */
export function Line({ name, value, action, title, children }: LineProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="flex items-center gap-3 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="text-xs text-ink-faint">{name}</p>
        <div className="text-sm">{value}</div>
      </div>
      <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
        <DialogTrigger asChild>
          <Button size="sm" tone="quiet" aria-label={`${action}: ${name}`}>
            {action}
          </Button>
        </DialogTrigger>
        {isOpen && (
          <DialogContent title={title} className="max-w-lg">
            <div className="mt-3 space-y-4">{children(() => setIsOpen(false))}</div>
          </DialogContent>
        )}
      </DialogRoot>
    </div>
  );
}
