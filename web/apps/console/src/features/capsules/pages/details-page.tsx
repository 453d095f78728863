import type { Capsule } from "@capsule/api";
import type { ReactNode } from "react";
import { AddressCard } from "../components/address-card.tsx";
import { FactsCard } from "../components/facts-card.tsx";
import { RemoveCard } from "../components/remove-card.tsx";
import { ReplicasCard } from "../components/replicas-card.tsx";

type DetailsPageProps = {
  capsule: Capsule;
  /** What another feature has to say about the capsule. */
  children?: ReactNode;
};

export function DetailsPage({ capsule, children }: DetailsPageProps) {
  const canRemove = capsule.can.includes("delete") && capsule.status !== "removing";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="min-w-0 space-y-5">
        {capsule.type !== "storage" && <AddressCard capsule={capsule} />}
        {children}
        {capsule.type !== "storage" && <ReplicasCard capsule={capsule} />}
        {canRemove && <RemoveCard capsule={capsule} />}
      </div>
      <FactsCard capsule={capsule} />
    </div>
  );
}
