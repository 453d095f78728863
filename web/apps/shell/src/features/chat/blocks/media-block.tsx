import { ZoomableImage } from "@capsule/ui";
import type { BlockProps } from "./block-view.tsx";
import { asRecord, numberOf, safeHref, textOf } from "./payload.ts";
import { UnknownBlock } from "./unknown-block.tsx";

const mediaSource = (address: string): string | null =>
  /^data:(image|video)\//i.test(address) ? address : safeHref(address);

export function ImageBlock({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const src = mediaSource(textOf(payload, "url") || textOf(payload, "src"));
  if (src === null || src === "") return <UnknownBlock item={item} />;
  const caption = textOf(payload, "caption");
  return (
    <figure className="space-y-1.5">
      <ZoomableImage src={src} alt={textOf(payload, "alt") || caption} width={numberOf(payload, "width") ?? undefined} />
      {caption !== "" && <figcaption className="text-xs text-ink-faint">{caption}</figcaption>}
    </figure>
  );
}

/** What `session.media` gives: `{type: "image" | "video", src, caption?, poster?}`. */
export function MediaBlock({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  if (item.type !== "video" && payload["type"] !== "video") return <ImageBlock item={item} />;
  const src = mediaSource(textOf(payload, "src") || textOf(payload, "url"));
  if (src === null || src === "") return <UnknownBlock item={item} />;
  const caption = textOf(payload, "caption");
  const poster = mediaSource(textOf(payload, "poster"));
  return (
    <figure className="space-y-1.5">
      <video src={src} controls preload="metadata" className="max-h-96 max-w-full rounded-lg border" {...(poster ? { poster } : {})} />
      {caption !== "" && <figcaption className="text-xs text-ink-faint">{caption}</figcaption>}
    </figure>
  );
}
