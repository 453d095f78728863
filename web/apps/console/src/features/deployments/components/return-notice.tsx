import type { Capsule } from "@capsule/api";
import { Notice } from "@capsule/ui";
import { useDeployments } from "../api/use-deployments.ts";
import { returnOf } from "../progress.ts";

/** That the platform went back by itself, and why. */
export function ReturnNotice({ capsule }: { capsule: Capsule }) {
  const returned = returnOf(useDeployments(capsule).data ?? []);
  if (!returned) return null;
  return (
    <div data-testid="return-notice">
      <Notice tone="warn" title={`Returned to release ${String(returned.to)}, because release ${String(returned.from)} did badly`}>
        {returned.reason}
      </Notice>
    </div>
  );
}
