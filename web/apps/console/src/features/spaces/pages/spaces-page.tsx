import { meQuery, spacesQuery } from "@capsule/api";
import { Button, Card, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { CreateSpaceDialog } from "../components/create-space-dialog.tsx";
import { SpaceCard } from "../components/space-card.tsx";

export function SpacesPage() {
  usePageTitle("Spaces");
  const spaces = useQuery(spacesQuery);
  const teams = useQuery(meQuery).data?.teams ?? [];
  const [isCreating, setIsCreating] = useState(false);
  const create = (
    <Button tone="primary" onClick={() => setIsCreating(true)}>
      <Plus /> New space
    </Button>
  );
  return (
    <>
      <header className="mb-5 flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Spaces</h1>
          <p className="text-sm text-ink-soft">A space groups capsules that belong together and share secrets.</p>
        </div>
        {create}
      </header>
      {spaces.isPending && (
        <Card>
          <SkeletonRows />
        </Card>
      )}
      {spaces.isError && <ErrorState error={spaces.error} onRetry={() => void spaces.refetch()} />}
      {spaces.data?.length === 0 && (
        <Card>
          <EmptyState icon={Boxes} title="No spaces yet" actions={create}>
            Make the first one to put capsules into it.
          </EmptyState>
        </Card>
      )}
      {spaces.data && spaces.data.length > 0 && (
        <div className="space-y-6">
          {teams.map((team) => {
            const own = spaces.data.filter((space) => space.team_id === team.id);
            if (own.length === 0) return null;
            return (
              <section key={team.id} aria-label={team.name}>
                <h2 className="mb-2 text-sm font-medium text-ink-soft">
                  {team.name} <span className="text-ink-faint">· {team.role}</span>
                </h2>
                <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
                  {own.map((space) => (
                    <SpaceCard key={space.id} space={space} spaces={spaces.data} />
                  ))}
                </div>
              </section>
            );
          })}
        </div>
      )}
      <CreateSpaceDialog isOpen={isCreating} onOpenChange={setIsCreating} teams={teams} />
    </>
  );
}
