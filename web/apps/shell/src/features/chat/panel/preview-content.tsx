import { lazy, Suspense } from "react";
import { BlockBoundary } from "../blocks/block-boundary.tsx";
import { UnknownBlock } from "../blocks/unknown-block.tsx";
import type { BlockItem } from "../log/chat-items.ts";
import { BrowserPreview } from "./browser-preview.tsx";

const WidgetView = lazy(() => import("../blocks/widget-view.tsx"));

export function PreviewContent({ item }: { item: BlockItem }) {
  if (item.type === "browser_preview") return <BrowserPreview item={item} />;
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      <BlockBoundary fallback={<UnknownBlock item={item} />}>
        <Suspense fallback={null}>
          <WidgetView item={item} />
        </Suspense>
      </BlockBoundary>
    </div>
  );
}
