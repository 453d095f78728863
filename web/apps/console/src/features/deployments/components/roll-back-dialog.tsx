import { keys, rollBack, type Capsule, type Release } from "@capsule/api";
import { Choices, DialogContent, DialogRoot, Form, toast } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useState } from "react";
import { releaseTitle, shortCommit } from "../words.ts";
import { Differences } from "./differences.tsx";

type RollBackDialogProps = { capsule: Capsule; target: Release | null; all: readonly Release[]; onDone: () => void };

export function RollBackDialog({ target, onDone, ...rest }: RollBackDialogProps) {
  return (
    <DialogRoot open={target !== null} onOpenChange={(isOpen) => !isOpen && onDone()}>
      {target && <RollBackForm key={target.id} target={target} onDone={onDone} {...rest} />}
    </DialogRoot>
  );
}

const CHOICES = [
  { value: "restored", name: "Restored", hint: "The variables, limits and rules that the release had; the capsule gets them back." },
  { value: "kept", name: "Kept", hint: "The present ones, with that release’s code, as a release of its own." },
] as const;

/** Says what changes before it does: the code, the settings, and what stays as it is. */
function RollBackForm({ capsule, target, all, onDone }: RollBackDialogProps & { target: Release }) {
  const queryClient = useQueryClient();
  const [config, setConfig] = useState<"restored" | "kept">("restored");
  const live = all.find((release) => release.is_live);
  const isNewer = target.number > (live?.number ?? 0);
  const back = useMutation({
    mutationFn: () => rollBack(target.id, config),
    onSuccess: () => {
      toast(`Going to release ${String(target.number)}`, "Nothing is built for it.");
      for (const queryKey of [keys.deployments(capsule.slug), keys.releases(capsule.slug), keys.capsule(capsule.slug)]) {
        void queryClient.invalidateQueries({ queryKey });
      }
      onDone();
    },
  });
  return (
    <DialogContent
      title={isNewer ? `Make release ${String(target.number)} live?` : `Roll back to release ${String(target.number)}?`}
      className="max-w-lg"
      data-testid="roll-back-dialog"
    >
      <Form className="mt-4" sending={back} submit={isNewer ? "Make live" : "Roll back"} onSubmit={() => back.mutate()}>
        <div className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-center gap-3 rounded-md border bg-sunken px-3 py-2.5">
          <Side name="Live now" release={live} all={all} />
          <ArrowRight className="size-4 text-ink-faint" aria-label="becomes" />
          <Side name="Live then" release={target} all={all} />
        </div>
        <Choices label="Configuration" name="config" options={CHOICES} value={config} onChange={setConfig} />
        {config === "restored" && <Differences release={target} />}
        <p className="text-xs text-ink-soft">
          Nothing is built, and the change is made without a gap. What a release step did, such as migrations, is not undone.
        </p>
      </Form>
    </DialogContent>
  );
}

function Side({ name, release, all }: { name: string; release: Release | undefined; all: readonly Release[] }) {
  return (
    <div className="min-w-0">
      <p className="text-xs text-ink-faint">{name}</p>
      {release ? (
        <>
          <p className="text-sm font-medium">Release {release.number}</p>
          <p className="truncate text-xs text-ink-soft">
            {release.commit && <code className="mr-1.5 font-mono">{shortCommit(release.commit)}</code>}
            {releaseTitle(release, all)}
          </p>
        </>
      ) : (
        <p className="text-sm">Nothing</p>
      )}
    </div>
  );
}
