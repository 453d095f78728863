import { capsulesQuery, type Space } from "@capsule/api";
import { Button, buttonStyle, Card, EmptyState, ErrorState, SearchInput, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { PackageOpen, Plus, SearchX } from "lucide-react";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { CapsuleRow } from "../components/capsule-row.tsx";

export function CapsuleListPage({ space }: { space: Space }) {
  usePageTitle(space.name);
  const params = useParams({ from: "/signed-in/app/spaces/$space" });
  const capsules = useQuery(capsulesQuery(space.id));
  const [search, setSearch] = useState("");
  const needle = search.trim().toLowerCase();
  const found = (capsules.data ?? []).filter((capsule) =>
    `${capsule.name} ${capsule.slug} ${capsule.type} ${capsule.status}`.toLowerCase().includes(needle),
  );
  const create = (
    <Link
      to="/spaces/$space/new"
      params={params}
      className={buttonStyle({ tone: "primary" })}
      data-testid="new-capsule"
    >
      <Plus /> New capsule
    </Link>
  );
  const live = capsules.data?.filter((capsule) => capsule.status === "live").length ?? 0;
  const count = capsules.data?.length ?? 0;
  return (
    <>
      <header className="mb-5 flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-2xl font-semibold tracking-tight">{space.name}</h1>
          <p className="text-sm text-ink-soft">
            {count === 0 ? "Capsules of this space" : `${String(live)} of ${String(count)} live`}
          </p>
        </div>
        {count > 0 && (
          <SearchInput
            label="Filter capsules"
            placeholder="Filter"
            value={search}
            onSearch={setSearch}
            boxClassName="order-last w-full sm:order-none sm:w-56"
          />
        )}
        {create}
      </header>
      <Card className="overflow-hidden">
        {capsules.isPending && <SkeletonRows />}
        {capsules.isError && <ErrorState error={capsules.error} onRetry={() => void capsules.refetch()} />}
        {capsules.data && count === 0 && (
          <EmptyState icon={PackageOpen} title="This space is empty" actions={create}>
            A capsule is one thing that runs: a backend, a static site, an AI agent, or a place for files.
          </EmptyState>
        )}
        {count > 0 && found.length === 0 && (
          <EmptyState
            icon={SearchX}
            title={`Nothing matches “${search}”`}
            actions={<Button onClick={() => setSearch("")}>Clear the filter</Button>}
          />
        )}
        {found.length > 0 && (
          <ul className="divide-y" aria-label="Capsules">
            {found.map((capsule) => (
              <CapsuleRow key={capsule.id} capsule={capsule} />
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}
