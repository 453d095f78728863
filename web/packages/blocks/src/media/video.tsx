import { VideoOff } from "lucide-react";
import { useHost } from "../host.ts";
import { length } from "../layout/css-size.ts";
import { mediaUrl } from "../safe-url.ts";
import type { NodeOf, VideoItem } from "../types.ts";
import { GalleryGrid, useGalleryItems } from "./gallery-grid.tsx";
import { ratioOf } from "./picture.tsx";

export function VideoView({ node }: { node: NodeOf<"video"> }) {
  return (
    <div data-widget="video" className="min-w-0">
      <Player item={node} />
    </div>
  );
}

export function VideoGalleryView({ node }: { node: NodeOf<"video_gallery"> }) {
  const { items, state } = useGalleryItems<VideoItem>(node.videos, node.data);
  return (
    <GalleryGrid kind="video_gallery" title={node.title} columns={node.columns} state={state} count={items.length}>
      {items.map((item, index) => (
        <li key={index} className="min-w-0">
          <Player item={item} />
        </li>
      ))}
    </GalleryGrid>
  );
}

/** Browsers play by themselves only what is silent, so `autoplay` mutes. */
function Player({ item }: { item: VideoItem }) {
  const { fileUrl } = useHost();
  const address = mediaUrl(item.src, fileUrl, "video");
  const poster = mediaUrl(item.poster, fileUrl);
  const style = { aspectRatio: ratioOf(item.aspect_ratio) ?? "16 / 9", width: length(item.width) ?? "100%" };
  return (
    <figure className="min-w-0">
      {address === null ? (
        <div
          className="grid max-w-full place-items-center rounded-lg border border-dashed text-xs text-ink-faint"
          style={style}
        >
          <span className="flex items-center gap-2">
            <VideoOff className="size-4" aria-hidden /> This video cannot be shown.
          </span>
        </div>
      ) : (
        <video
          src={address}
          {...(poster === null ? {} : { poster })}
          aria-label={item.title ?? item.caption ?? "Video"}
          controls={item.controls !== false}
          autoPlay={item.autoplay === true}
          loop={item.loop === true}
          muted={item.muted === true || item.autoplay === true}
          playsInline
          preload="metadata"
          className="max-w-full rounded-lg bg-sunken"
          style={style}
        />
      )}
      {(item.title !== undefined || item.caption !== undefined) && (
        <figcaption className="mt-1.5 text-xs text-ink-faint">
          {item.title !== undefined && <span className="block text-sm font-medium text-ink">{item.title}</span>}
          {item.caption}
        </figcaption>
      )}
    </figure>
  );
}
