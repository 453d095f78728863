import { useState } from "react";
import { useHost } from "../host.ts";
import type { ImageItem, NodeOf } from "../types.ts";
import { clickOf } from "../use-click.ts";
import { GalleryGrid, useGalleryItems } from "./gallery-grid.tsx";
import { Lightbox } from "./lightbox.tsx";
import { Picture } from "./picture.tsx";

export function ImageGalleryView({ node }: { node: NodeOf<"image_gallery"> }) {
  const host = useHost();
  const { items, state } = useGalleryItems<ImageItem>(node.images, node.data);
  const [open, setOpen] = useState<number | null>(null);
  return (
    <>
      <GalleryGrid kind="image_gallery" title={node.title} columns={node.columns} state={state} count={items.length}>
        {items.map((item, index) => (
          <li key={index} className="min-w-0">
            <button
              type="button"
              aria-label={item.alt || item.caption || `Picture ${String(index + 1)}`}
              className="block w-full overflow-hidden rounded-lg border bg-sunken transition-opacity hover:opacity-90"
              onClick={clickOf(host, item) ?? (() => setOpen(index))}
            >
              <Picture
                src={item.src}
                alt={item.alt ?? ""}
                aspectRatio={item.aspect_ratio ?? "4/3"}
                className="border-0"
              />
            </button>
            {item.caption !== undefined && <p className="mt-1 truncate text-xs text-ink-faint">{item.caption}</p>}
          </li>
        ))}
      </GalleryGrid>
      <Lightbox images={items} index={open} onIndex={setOpen} />
    </>
  );
}
