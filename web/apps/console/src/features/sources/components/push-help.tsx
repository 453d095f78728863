import type { Capsule } from "@capsule/api";
import { CommandLine, CopyButton, Skeleton } from "@capsule/ui";
import { useSourceAccess } from "../api/use-sources.ts";

/** The commands that deploy by `git push`. */
export function PushHelp({ capsule, branch }: { capsule: Capsule; branch: string }) {
  const access = useSourceAccess(capsule);
  return (
    <div className="space-y-2 border-t p-4 text-sm text-ink-soft" data-testid="push-help">
      <p>In your repository:</p>
      <CommandLine command={`capsule git remote ${capsule.name}`} />
      <CommandLine command={`git push capsule ${branch}`} />
      {access.data ? (
        <p className="flex flex-wrap items-center gap-x-1 text-xs text-ink-faint">
          Without the CLI: add the remote <code className="font-mono break-all">{access.data.push_url}</code>
          <CopyButton text={access.data.push_url} label="Copy the address" />
          and push with any user name and an API token as the password.
        </p>
      ) : (
        access.isPending && <Skeleton className="h-8" />
      )}
    </div>
  );
}
