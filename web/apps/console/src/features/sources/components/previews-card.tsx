import type { Capsule } from "@capsule/api";
import { Card, CardHead, SkeletonRows, Switch } from "@capsule/ui";
import { useUpdateCapsule } from "#config/use-update-capsule.ts";
import { usePreviews } from "../api/use-sources.ts";
import { previewRules } from "../watch.ts";
import { CreatePreview } from "./create-preview.tsx";
import { PreviewRow } from "./preview-row.tsx";
import { PreviewRules } from "./preview-rules.tsx";

/** Capsules of their own for branches and pull requests, each with an address, for a while. */
export function PreviewsCard({ capsule }: { capsule: Capsule }) {
  const previews = usePreviews(capsule);
  const change = useUpdateCapsule(capsule);
  const rules = previewRules(capsule.config);
  const canChange = capsule.can.includes("update");
  return (
    <Card data-testid="previews-card">
      <CardHead
        title="Previews"
        hint="A capsule for each pull request, removed by itself"
        actions={
          <Switch
            aria-label="Previews"
            checked={rules.is_on}
            disabled={!canChange || change.isPending}
            onCheckedChange={(next) => change.mutate({ config: { previews: { ...rules, is_on: next } } })}
          />
        }
      />
      {rules.is_on && <PreviewRules capsule={capsule} />}
      {previews.isPending && <SkeletonRows />}
      {previews.data && previews.data.length > 0 && (
        <ul className="divide-y border-b" aria-label="Previews">
          {previews.data.map((preview) => (
            <PreviewRow key={preview.id} preview={preview} parent={capsule} />
          ))}
        </ul>
      )}
      {canChange && <CreatePreview capsule={capsule} />}
    </Card>
  );
}
