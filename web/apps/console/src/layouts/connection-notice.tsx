import { LoaderCircle } from "lucide-react";
import { useServerHealth } from "./use-server-health.ts";

/** Says above every page that what is shown may be old. */
export function ConnectionNotice() {
  const { isLost } = useServerHealth();
  return (
    <div role="status">
      {isLost && (
        <p className="flex items-center gap-2.5 border-b bg-warn-soft px-4 py-2 text-sm text-warn-text sm:px-6">
          <LoaderCircle className="size-4 shrink-0 animate-spin" aria-hidden />
          <span>
            <span className="font-medium">The server does not answer.</span> Capsules keep running; this page goes on by
            itself once it is back.
          </span>
        </p>
      )}
    </div>
  );
}
