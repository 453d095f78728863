import type { StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

export function PushFields(props: StepProps) {
  return (
    <div className="space-y-4">
      <p className="text-sm text-ink-soft">
        Capsule keeps a repository for it. Every push to the branch is built while git waits, and goes live; the commands are
        on the next page.
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField {...props} field="branch" label="Branch" hint="Pushes to it are deployed. Empty: main." placeholder="main" autoFocus />
        <TextField {...props} field="path" label="Path" hint="Folder of the repository; empty for its root." />
      </div>
    </div>
  );
}
