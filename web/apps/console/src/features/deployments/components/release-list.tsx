import { releasesQuery, type Capsule, type Release } from "@capsule/api";
import { Button, Card, CardHead, EmptyState, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Tag } from "lucide-react";
import { useState } from "react";
import { ReleaseRow } from "./release-row.tsx";
import { RollBackDialog } from "./roll-back-dialog.tsx";

const FEW = 10;

/** Everything that was or could be live, the newest first; earlier ones can be gone back to. */
export function ReleaseList({ capsule }: { capsule: Capsule }) {
  const releases = useQuery(releasesQuery(capsule));
  const [target, setTarget] = useState<Release | null>(null);
  const [showsAll, setShowsAll] = useState(false);
  const all = releases.data ?? [];
  return (
    <Card>
      <CardHead title="Releases" hint="Code and settings that belong together; a number is never used twice" />
      {releases.isPending && <SkeletonRows />}
      {releases.isError && <ErrorState error={releases.error} onRetry={() => void releases.refetch()} />}
      {releases.data?.length === 0 && (
        <EmptyState icon={Tag} title="No release yet">
          The first build that succeeds makes release 1.
        </EmptyState>
      )}
      {all.length > 0 && (
        <ol className="py-2" aria-label="Releases">
          {all.slice(0, showsAll ? undefined : FEW).map((release) => (
            <ReleaseRow key={release.id} release={release} all={all} capsule={capsule} onRollBack={() => setTarget(release)} />
          ))}
        </ol>
      )}
      {!showsAll && all.length > FEW && (
        <div className="border-t p-2 text-center">
          <Button tone="quiet" size="sm" onClick={() => setShowsAll(true)}>
            Show all {all.length}
          </Button>
        </div>
      )}
      <RollBackDialog capsule={capsule} target={target} all={all} onDone={() => setTarget(null)} />
    </Card>
  );
}
