import type { Capsule } from "@capsule/api";
import { Button } from "@capsule/ui";
import type { ReactNode } from "react";

type EnvEditorFootProps = { capsule: Capsule; isBusy: boolean; isAllowed: boolean; onCancel: () => void; children?: ReactNode };

export function EnvEditorFoot({ capsule, isBusy, isAllowed, onCancel, children }: EnvEditorFootProps) {
  const restarts = capsule.is_on && capsule.release !== null;
  return (
    <footer className="flex flex-wrap items-center justify-end gap-2 border-t px-4 py-3">
      <div className="min-w-0 flex-1 max-sm:basis-full">{children}</div>
      <Button onClick={onCancel}>Cancel</Button>
      <Button type="submit" tone="primary" isBusy={isBusy} disabled={!isAllowed}>
        {restarts ? "Save and restart" : "Save"}
      </Button>
    </footer>
  );
}
