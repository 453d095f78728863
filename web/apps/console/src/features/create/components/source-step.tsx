import type { Space } from "@capsule/api";
import { CommandLine, Field, Input, Segmented } from "@capsule/ui";
import { GitBranch, Terminal } from "lucide-react";
import { chooseSpaceCommand, deployCommand, loginCommand } from "#config/commands.ts";
import { Step, type StepProps } from "./step.tsx";

export function SourceStep({ form, space, set, shown }: StepProps & { space: Space }) {
  return (
    <Step title="Where is the code?">
      <Segmented
        label="Source"
        value={form.from}
        onChange={(from) => set("from", from)}
        options={[
          {
            value: "git",
            label: (
              <>
                <GitBranch /> Git repository
              </>
            ),
          },
          {
            value: "machine",
            label: (
              <>
                <Terminal /> Your machine
              </>
            ),
          },
        ]}
      />
      {form.from === "git" ? (
        <div className="mt-4 grid gap-4 sm:grid-cols-2">
          <Field label="Repository URL" error={shown("url")} className="sm:col-span-2">
            {(control) => (
              <Input
                {...control}
                name="url"
                autoComplete="off"
                spellCheck={false}
                placeholder="https://git.example.com/team/shop.git"
                value={form.url}
                onChange={(event) => set("url", event.target.value)}
              />
            )}
          </Field>
          <Field label="Branch" hint="Empty for the default branch." error={shown("branch")}>
            {(control) => (
              <Input
                {...control}
                name="branch"
                autoComplete="off"
                value={form.branch}
                onChange={(event) => set("branch", event.target.value)}
              />
            )}
          </Field>
          <Field label="Path" hint="Folder of the repository; empty for its root." error={shown("path")}>
            {(control) => (
              <Input
                {...control}
                name="path"
                autoComplete="off"
                value={form.path}
                onChange={(event) => set("path", event.target.value)}
              />
            )}
          </Field>
        </div>
      ) : (
        <div className="mt-4 space-y-2">
          <p className="text-sm text-ink-soft">In the folder of your code, with the CLI:</p>
          <CommandLine command={loginCommand(location.origin)} />
          <CommandLine command={chooseSpaceCommand(space.slug)} />
          <CommandLine command={deployCommand(form.type, form.name, form.entry)} />
          <p className="text-xs text-ink-faint">
            The last command creates the capsule too, so you can stop here. Create it below to set variables first.
          </p>
        </div>
      )}
    </Step>
  );
}
