import { gitConnectionsQuery, type Capsule, type SourceAccess } from "@capsule/api";
import { CommandLine, Skeleton } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { providerInfo } from "#config/providers.ts";
import { useSourceAccess } from "../api/use-sources.ts";
import { AccessForm } from "./access-form.tsx";
import { Line } from "./line.tsx";

/** How the platform reads the repository. */
export function AccessLine({ capsule, url }: { capsule: Capsule; url: string }) {
  const access = useSourceAccess(capsule);
  const connections = useQuery(gitConnectionsQuery(capsule.team_id)).data ?? [];
  if (!access.data) return access.isError ? null : <Skeleton className="m-4 h-8" />;
  const connected = connections.find((connection) => connection.id === access.data.connection_id);
  const { public_key: key } = access.data;
  return (
    <>
    <Line
      name="Access"
      value={connected ? `${providerInfo(connected.provider)?.name ?? connected.provider}, ${connected.account}` : accessText(access.data)}
      action={capsule.can.includes("update") ? "Change" : "Show"}
      title="Access to the repository"
    >
      {() => <AccessForm capsule={capsule} access={access.data} connections={connections} url={url} />}
    </Line>
    {key !== null && capsule.current_build === null && (
      <div className="space-y-2 p-4 text-sm text-ink-soft" data-testid="new-deploy-key">
        <p>Put this key into the repository’s settings, with read access. Then build.</p>
        <CommandLine command={key} isCommand={false} />
      </div>
    )}
    </>
  );
}

function accessText(access: SourceAccess): string {
  if (access.has_token) return "Access token";
  if (access.public_key !== null) return "Deploy key";
  return "Public repository";
}
