import type { Space } from "@capsule/api";
import { cn, CommandLine } from "@capsule/ui";
import { Container, GitBranch, GitCommitHorizontal, Terminal, UploadCloud, type LucideIcon } from "lucide-react";
import { chooseSpaceCommand, deployCommand, loginCommand } from "#config/commands.ts";
import type { Connect } from "../connect.ts";
import { sourcesOf, type SourceKind } from "../wizard-form.ts";
import { GitFields } from "./git-fields.tsx";
import { PushFields } from "./push-fields.tsx";
import { Step, type StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";
import { UploadField } from "./upload-field.tsx";

const SOURCES: Record<SourceKind, { name: string; hint: string; icon: LucideIcon }> = {
  git: { name: "Git repository", hint: "By its URL", icon: GitBranch },
  push: { name: "git push", hint: "To Capsule itself", icon: GitCommitHorizontal },
  upload: { name: "Upload", hint: "A folder or an archive", icon: UploadCloud },
  image: { name: "Image", hint: "From a public registry", icon: Container },
  machine: { name: "Command line", hint: "From your terminal", icon: Terminal },
};

type SourceStepProps = StepProps & {
  space: Space;
  connect: Connect;
};

export function SourceStep({ form, space, set, shown, connect }: SourceStepProps) {
  return (
    <Step title="Where is the code?">
      <div role="radiogroup" aria-label="Source" className="grid grid-cols-2 gap-2 sm:grid-flow-col sm:auto-cols-fr sm:grid-cols-none">
        {sourcesOf(form.type).map((kind) => (
          <SourceTile key={kind} kind={kind} isChosen={form.from === kind} onChoose={() => set("from", kind)} />
        ))}
      </div>
      <div className="mt-5">
        {form.from === "git" && <GitFields form={form} space={space} set={set} shown={shown} connect={connect} />}
        {form.from === "push" && <PushFields form={form} set={set} shown={shown} />}
        {form.from === "upload" && <UploadField form={form} space={space} set={set} shown={shown} />}
        {form.from === "image" && (
          <TextField
            form={form}
            set={set}
            shown={shown}
            field="image"
            label="Image"
            hint="With its tag. It is fetched when it is deployed."
            placeholder="caddy:2"
            autoFocus
          />
        )}
        {form.from === "machine" && (
          <div className="space-y-2">
            <p className="text-sm text-ink-soft">In the folder of your code, with the CLI:</p>
            <CommandLine command={loginCommand(location.origin)} />
            <CommandLine command={chooseSpaceCommand(space.slug)} />
            <CommandLine command={deployCommand(form.type, form.name, form.entry)} />
            <p className="text-xs text-ink-faint">
              The last command creates the capsule too, so you can stop here. Go on to set variables first.
            </p>
          </div>
        )}
      </div>
    </Step>
  );
}

function SourceTile({ kind, isChosen, onChoose }: { kind: SourceKind; isChosen: boolean; onChoose: () => void }) {
  const { name, hint, icon: Icon } = SOURCES[kind];
  return (
    <label
      data-testid={`source-${kind}`}
      className={cn(
        "cursor-pointer rounded-lg border bg-surface p-3 shadow-soft transition-colors hover:border-line-strong has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
        isChosen && "border-accent bg-accent-soft/40 hover:border-accent",
      )}
    >
      <input type="radio" name="source" checked={isChosen} onChange={onChoose} className="sr-only" />
      <Icon className={cn("mb-1.5 size-4", isChosen ? "text-accent-text" : "text-ink-faint")} aria-hidden />
      <span className="block text-sm font-medium">{name}</span>
      <span className="block text-xs text-ink-faint">{hint}</span>
    </label>
  );
}
