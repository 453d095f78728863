import { ImageOff } from "lucide-react";
import { useState } from "react";
import { cn } from "@capsule/ui";
import { useHost } from "../host.ts";
import { mediaUrl } from "../safe-url.ts";

type PictureProps = { src: unknown; alt: string; className?: string; aspectRatio?: string };

const RATIO = /^\d*\.?\d+(\s*[/:]\s*\d*\.?\d+)?$/;

/** `16/9`, `16:9` or `1.5` as CSS takes it. */
export const ratioOf = (ratio: string | undefined): string | undefined =>
  ratio !== undefined && RATIO.test(ratio.trim()) ? ratio.trim().replace(":", " / ") : undefined;

/** A picture from an address that cannot run script; says so in its place when it does not load. */
export function Picture({ src, alt, className, aspectRatio }: PictureProps) {
  const { fileUrl } = useHost();
  const address = mediaUrl(src, fileUrl);
  const [failed, setFailed] = useState<string | null>(null);
  const ratio = ratioOf(aspectRatio);
  const style = ratio === undefined ? undefined : { aspectRatio: ratio };
  if (address === null || failed === address) {
    return (
      <span
        role="img"
        aria-label={alt || "Picture that cannot be shown"}
        className={cn("grid min-h-24 w-full place-items-center rounded-lg border border-dashed text-ink-faint", className)}
        style={style}
      >
        <span className="flex items-center gap-2 p-3 text-xs">
          <ImageOff className="size-4 shrink-0" aria-hidden /> {alt || "This picture cannot be shown."}
        </span>
      </span>
    );
  }
  return (
    <img
      src={address}
      alt={alt}
      loading="lazy"
      referrerPolicy="no-referrer"
      className={cn("max-w-full", ratio !== undefined && "w-full object-cover", className)}
      style={style}
      onError={() => setFailed(address)}
    />
  );
}
