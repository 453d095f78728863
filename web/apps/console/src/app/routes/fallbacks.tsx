import { ErrorState, Skeleton, buttonStyle, EmptyState } from "@capsule/ui";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";

export function RoutePending() {
  return (
    <div className="mx-auto w-full max-w-6xl space-y-4 p-6" role="status" aria-label="Loading">
      <Skeleton className="h-7 w-56" />
      <Skeleton className="h-40 w-full" />
    </div>
  );
}

export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <ErrorState
      error={error}
      className="py-24"
      onRetry={() => {
        reset();
        void router.invalidate();
      }}
    />
  );
}

export function NotFoundPage() {
  return (
    <EmptyState
      icon={Compass}
      title="There is nothing at this address"
      className="py-24"
      actions={
        <Link to="/" className={buttonStyle({ tone: "primary" })}>
          Back to the capsules
        </Link>
      }
    >
      The page may have been removed, or the link is not complete.
    </EmptyState>
  );
}
