import type { Capsule, Environment, RuntimeReport } from "@capsule/api";
import { buttonStyle, CommandLine, EmptyState } from "@capsule/ui";
import { ExternalLink, Users } from "lucide-react";
import { deployCommand, serveCommand } from "#config/commands.ts";

type NoRuntimesProps = { capsule: Capsule; environment: Environment; report: RuntimeReport };

/** Why there are none, and what makes the first one. */
export function NoRuntimes({ capsule, environment, report }: NoRuntimesProps) {
  const isServe = environment === "serve";
  const { entry } = capsule.config;
  if (!report.is_hosted) {
    return (
      <EmptyState
        icon={Users}
        title={isServe ? "This app is not being served" : "This app is not deployed yet"}
        actions={
          <div className="w-full max-w-md text-left">
            <CommandLine command={isServe ? serveCommand(entry) : deployCommand("app", capsule.name, entry)} />
          </div>
        }
      >
        {isServe
          ? "While a developer serves it from a working folder, the runtimes of its users are here."
          : "Once it is, each of its users has a runtime here."}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Users}
      title="Nobody has used this app yet"
      actions={
        !isServe &&
        capsule.url !== null && (
          <a href={capsule.url} target="_blank" rel="noreferrer" className={buttonStyle()}>
            <ExternalLink /> Open the app
          </a>
        )
      }
    >
      A user’s first message wakes a runtime of their own, which is then listed here.
    </EmptyState>
  );
}
