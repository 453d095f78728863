import type { StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

export function GitFields(props: StepProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        {...props}
        field="url"
        label="Repository URL"
        placeholder="https://git.example.com/team/shop.git"
        className="sm:col-span-2"
        autoFocus
      />
      <TextField {...props} field="branch" label="Branch" hint="Empty for the default branch." />
      <TextField {...props} field="path" label="Path" hint="Folder of the repository; empty for its root." />
    </div>
  );
}
