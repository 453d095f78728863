import { keys, listSecrets, type Space } from "@capsule/api";
import { Button, Card, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { SecretDialog } from "../components/secret-dialog.tsx";
import { SecretRow } from "../components/secret-row.tsx";

export function SecretsPage({ space }: { space: Space }) {
  usePageTitle("Secrets", space.name);
  const secrets = useQuery({
    queryKey: keys.secrets(space.id),
    queryFn: async () => (await listSecrets(space.id)).items,
  });
  const [editing, setEditing] = useState<string | null>(null);
  const create = (
    <Button tone="primary" onClick={() => setEditing("")}>
      <Plus /> New secret
    </Button>
  );
  return (
    <>
      <header className="mb-5 flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Secrets</h1>
          <p className="text-sm text-ink-soft">
            Encrypted values that capsules of <strong className="font-medium text-ink">{space.name}</strong> can use.
            Nobody can read them back here.
          </p>
        </div>
        {create}
      </header>
      <Card className="overflow-hidden">
        {secrets.isPending && <SkeletonRows rows={3} />}
        {secrets.isError && <ErrorState error={secrets.error} onRetry={() => void secrets.refetch()} />}
        {secrets.data?.length === 0 && (
          <EmptyState icon={KeyRound} title="No secrets yet" actions={create}>
            An app reads one with <code className="font-mono">Secret.from_name("KEY").value</code>.
          </EmptyState>
        )}
        {secrets.data && secrets.data.length > 0 && (
          <ul className="divide-y" aria-label="Secrets">
            {secrets.data.map((secret) => (
              <SecretRow key={secret.name} secret={secret} space={space} onReplace={() => setEditing(secret.name)} />
            ))}
          </ul>
        )}
      </Card>
      {editing !== null && <SecretDialog space={space} name={editing} onClose={() => setEditing(null)} />}
    </>
  );
}
