import type { Capsule } from "@capsule/api";
import { AddressCard } from "../components/address-card.tsx";
import { FactsCard } from "../components/facts-card.tsx";
import { RemoveCard } from "../components/remove-card.tsx";
import { ReplicasCard } from "../components/replicas-card.tsx";

export function DetailsPage({ capsule }: { capsule: Capsule }) {
  const canRemove = capsule.can.includes("delete") && capsule.status !== "removing";
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="space-y-5">
        {capsule.type !== "storage" && <AddressCard capsule={capsule} />}
        {capsule.type !== "storage" && <ReplicasCard capsule={capsule} />}
        {canRemove && <RemoveCard capsule={capsule} />}
      </div>
      <FactsCard capsule={capsule} />
    </div>
  );
}
