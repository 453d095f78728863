import { DialogContent, DialogRoot, DialogTrigger } from "./primitives/dialog.tsx";

type ZoomableImageProps = { src: string; alt: string; width?: number | undefined };

/** An image that opens large. */
export function ZoomableImage({ src, alt, width }: ZoomableImageProps) {
  return (
    <DialogRoot>
      <DialogTrigger asChild>
        <button type="button" className="block max-w-full cursor-zoom-in rounded-lg" aria-label={`Enlarge ${alt || "the image"}`}>
          <img
            src={src}
            alt={alt}
            width={width}
            loading="lazy"
            decoding="async"
            referrerPolicy="no-referrer"
            className="max-h-96 max-w-full rounded-lg border object-contain"
          />
        </button>
      </DialogTrigger>
      <DialogContent title={alt || "Image"} className="top-4 max-h-[calc(100dvh-2rem)] w-fit max-w-[calc(100vw-2rem)]">
        <img src={src} alt={alt} referrerPolicy="no-referrer" className="mt-3 max-h-[calc(100dvh-8rem)] max-w-full rounded-md" />
      </DialogContent>
    </DialogRoot>
  );
}
