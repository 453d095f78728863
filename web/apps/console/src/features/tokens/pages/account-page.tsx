import { keys, listTokens, meQuery } from "@capsule/api";
import { Button, Card, CardHead, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { KeySquare, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { TokenDialog } from "../components/token-dialog.tsx";
import { TokenRow } from "../components/token-row.tsx";

/** The person’s own tokens; `children` is what another feature has to say. */
export function AccountPage({ children }: { children?: ReactNode }) {
  usePageTitle("Account");
  const user = useQuery(meQuery).data?.user;
  const tokens = useQuery({ queryKey: keys.tokens, queryFn: async () => (await listTokens()).items });
  const [isCreating, setIsCreating] = useState(false);
  return (
    <>
      <header className="mb-5">
        <h1 className="text-2xl font-semibold tracking-tight">Account</h1>
        <p className="text-sm text-ink-soft">
          {user?.name} · {user?.email}
          {user?.is_admin && " · admin"}
        </p>
      </header>
      <Card className="overflow-hidden">
        <CardHead
          title="Tokens"
          hint="For the CLI and for programs; each can do what you can"
          actions={
            <Button size="sm" tone="primary" onClick={() => setIsCreating(true)}>
              <Plus /> New token
            </Button>
          }
        />
        {tokens.isPending && <SkeletonRows rows={3} />}
        {tokens.isError && <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />}
        {tokens.data?.length === 0 && (
          <EmptyState icon={KeySquare} title="No tokens">
            <code className="font-mono">capsule login</code> makes one by itself.
          </EmptyState>
        )}
        {tokens.data && tokens.data.length > 0 && (
          <ul className="divide-y" aria-label="Tokens">
            {tokens.data.map((token) => (
              <TokenRow key={token.id} token={token} />
            ))}
          </ul>
        )}
      </Card>
      {children}
      {isCreating && <TokenDialog onClose={() => setIsCreating(false)} />}
    </>
  );
}
