import { cn } from "@capsule/ui";
import { memo } from "react";
import { StepGroup } from "../blocks/step-group.tsx";
import { ChatItemView } from "./chat-item-view.tsx";
import { isSameChunk, type Chunk } from "./rows.ts";

type ChunkViewProps = { chunk: Chunk; isNear: boolean };

const ROW_PX = 120;

/** Some rows of a chat. Browsers skip the ones that are far from the screen, and remember their height. */
export const ChunkView = memo(
  function ChunkView({ chunk, isNear }: ChunkViewProps) {
    return (
      <div
        data-chunk={chunk.key}
        className={cn("flex flex-col gap-5 px-4 sm:px-6", !isNear && "[content-visibility:auto]")}
        style={isNear ? undefined : { containIntrinsicSize: `auto ${String(chunk.rows.length * ROW_PX)}px` }}
      >
        {chunk.rows.map((row) =>
          row.kind === "steps" ? (
            <StepGroup key={row.key} items={row.items} />
          ) : (
            <ChatItemView key={row.key} item={row.item} isQueued={row.isQueued} retryTurn={row.retryTurn} />
          ),
        )}
      </div>
    );
  },
  (a, b) => a.isNear === b.isNear && isSameChunk(a.chunk, b.chunk),
);
