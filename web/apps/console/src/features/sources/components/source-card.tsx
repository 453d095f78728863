import type { Capsule } from "@capsule/api";
import { CommandLine, EditCard } from "@capsule/ui";
import type { ReactNode } from "react";
import { deployCommand } from "#config/commands.ts";
import { AccessLine } from "./access-line.tsx";
import { PushHelp } from "./push-help.tsx";
import { SourceForm } from "./source-form.tsx";
import { WebhookLine } from "./webhook-line.tsx";

/** Where the code comes from, how the platform gets at it, and how it learns of pushes. */
export function SourceCard({ capsule }: { capsule: Capsule }) {
  const { source } = capsule;
  return (
    <EditCard
      title="Source"
      hint={KINDS[source.kind]}
      editLabel="Edit the source"
      canEdit={capsule.can.includes("update")}
      form={(close) => <SourceForm capsule={capsule} onDone={close} />}
      data-testid="source-card"
    >
      {source.kind === "git" && (
        <>
          <Facts>
            <Fact name="Repository" value={source.url} />
            <Fact name="Branch" value={source.branch || "default"} />
            <Fact name="Path" value={source.path || "/"} />
          </Facts>
          <div className="divide-y border-t">
            <AccessLine capsule={capsule} url={source.url} />
            <WebhookLine capsule={capsule} />
          </div>
        </>
      )}
      {source.kind === "push" && (
        <>
          <Facts>
            <Fact name="Branch" value={source.branch || "main"} />
            <Fact name="Path" value={source.path || "/"} />
          </Facts>
          <PushHelp capsule={capsule} branch={source.branch || "main"} />
        </>
      )}
      {source.kind === "image" && (
        <Facts>
          <Fact name="Image" value={source.image} />
        </Facts>
      )}
      {(source.kind === "upload" || source.kind === "none") && (
        <div className="space-y-3 p-4 text-sm text-ink-soft">
          <p>{source.kind === "upload" ? "Deploy a new release from your machine:" : "Nothing is deployed yet. Deploy from your machine:"}</p>
          <CommandLine command={deployCommand(capsule.type, capsule.name)} />
        </div>
      )}
    </EditCard>
  );
}

const KINDS: Record<Capsule["source"]["kind"], string> = {
  git: "A branch of a repository",
  push: "What is pushed to Capsule",
  upload: "An upload",
  image: "A public image",
  none: "None yet",
};

const Facts = ({ children }: { children: ReactNode }) => <dl className="space-y-2 p-4 text-sm">{children}</dl>;

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-ink-faint">{name}</dt>
      <dd className="font-mono text-xs break-all">{value}</dd>
    </div>
  );
}
