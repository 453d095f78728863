import { ErrorState, EmptyState, SkeletonRows } from "@capsule/ui";
import { Plug } from "lucide-react";
import type { ReactNode } from "react";
import { useConnections } from "../../parts/connect/use-connections.ts";
import { ConnectionRow } from "./connection-row.tsx";

/** The user's accounts elsewhere that the app may use. */
export default function ConnectionsPage({ menu }: { menu: ReactNode }) {
  const connections = useConnections();
  return (
    <main className="flex h-full min-w-0 flex-1 flex-col overflow-y-auto">
      <header className="flex h-13 shrink-0 items-center gap-2 border-b px-3 pt-[env(safe-area-inset-top)] sm:px-5">
        {menu}
        <h1 className="text-sm font-semibold">Connections</h1>
      </header>
      <div className="mx-auto w-full max-w-3xl space-y-4 px-4 py-6 sm:px-6">
        <p className="text-sm text-ink-soft">
          Accounts that this app may use for you. Nobody else gets to use them, and you can disconnect them at any time.
        </p>
        {connections.isPending && <SkeletonRows rows={3} />}
        {connections.isError && <ErrorState error={connections.error} onRetry={() => void connections.refetch()} />}
        {connections.data?.length === 0 && (
          <EmptyState icon={Plug} title="Nothing to connect">
            This app uses no accounts of other services.
          </EmptyState>
        )}
        <ul className="space-y-3">
          {connections.data?.map((connection) => (
            <ConnectionRow key={connection.type} connection={connection} />
          ))}
        </ul>
      </div>
    </main>
  );
}
