import { capsuleQuery } from "@capsule/api";
import { buttonStyle, EmptyState, ErrorState, Skeleton } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { PackageX } from "lucide-react";
import { ProblemError } from "@capsule/api";
import { usePageTitle } from "#config/page-title.ts";
import { useCapsuleEvents } from "../api/use-capsule-events.ts";
import { CapsuleHeader } from "../components/capsule-header.tsx";
import { CapsuleTabs } from "../components/capsule-tabs.tsx";
import { StatusReason } from "../components/status-reason.tsx";

export function CapsuleLayout({ capsuleKey }: { capsuleKey: string }) {
  const capsule = useQuery(capsuleQuery(capsuleKey));
  useCapsuleEvents(capsuleKey);
  usePageTitle(capsule.data?.name);
  const isGone = capsule.error instanceof ProblemError && capsule.error.status === 404;
  if (isGone) {
    return (
      <EmptyState
        icon={PackageX}
        title="There is no such capsule"
        className="py-24"
        actions={
          <Link to="/" className={buttonStyle({ tone: "primary" })}>
            Back to the capsules
          </Link>
        }
      >
        “{capsuleKey}” was removed, or it belongs to a team you are not in.
      </EmptyState>
    );
  }
  if (capsule.isError && !capsule.data) {
    return <ErrorState error={capsule.error} onRetry={() => void capsule.refetch()} className="py-24" />;
  }
  if (!capsule.data) {
    return (
      <div className="space-y-4" role="status" aria-label="Loading">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="h-9 w-72" />
        <Skeleton className="h-64" />
      </div>
    );
  }
  return (
    <>
      <CapsuleHeader capsule={capsule.data} />
      <CapsuleTabs capsule={capsule.data} />
      <StatusReason capsule={capsule.data} />
      <Outlet />
    </>
  );
}
