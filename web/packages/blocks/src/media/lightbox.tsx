import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { KeyboardEvent } from "react";
import type { ImageItem } from "../types.ts";
import { Picture } from "./picture.tsx";

type LightboxProps = {
  images: readonly ImageItem[];
  /** Which one is open; null: none. */
  index: number | null;
  onIndex: (index: number | null) => void;
};

const BUTTON =
  "grid size-10 place-items-center rounded-full bg-sunken/70 text-ink backdrop-blur-sm hover:bg-hover disabled:invisible";

/** One picture over the whole page; arrow keys go on, Escape closes. */
export function Lightbox({ images, index, onIndex }: LightboxProps) {
  const image = index === null ? undefined : images[index];
  const at = index ?? 0;
  const go = (step: number): void => {
    if (images[at + step]) onIndex(at + step);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowRight") go(1);
    if (event.key === "ArrowLeft") go(-1);
  };
  return (
    <Dialog.Root open={image !== undefined} onOpenChange={(isOpen) => !isOpen && onIndex(null)}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-shade backdrop-blur-sm" />
        <Dialog.Content
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
          onClick={(event) => event.target === event.currentTarget && onIndex(null)}
          className="fixed inset-0 z-50 grid animate-fade grid-rows-[minmax(0,1fr)_auto] place-items-center gap-3 p-4 outline-none sm:px-16 sm:py-8"
        >
          <Dialog.Title className="sr-only">{image?.alt || image?.caption || "Picture"}</Dialog.Title>
          {image && (
            <>
              <Picture
                key={image.src}
                src={image.src}
                alt={image.alt ?? ""}
                className="max-h-full rounded-lg object-contain shadow-float"
              />
              <p className="rounded-full bg-sunken/70 px-3 py-1 text-xs text-ink backdrop-blur-sm">
                {image.caption !== undefined && `${image.caption} · `}
                {at + 1} of {images.length}
              </p>
            </>
          )}
          <button
            type="button"
            aria-label="Picture before"
            className={`${BUTTON} absolute top-1/2 left-3 -translate-y-1/2`}
            disabled={at === 0}
            onClick={() => go(-1)}
          >
            <ChevronLeft className="size-5" />
          </button>
          <button
            type="button"
            aria-label="Next picture"
            className={`${BUTTON} absolute top-1/2 right-3 -translate-y-1/2`}
            disabled={at >= images.length - 1}
            onClick={() => go(1)}
          >
            <ChevronRight className="size-5" />
          </button>
          <Dialog.Close aria-label="Close" className={`${BUTTON} absolute top-3 right-3`}>
            <X className="size-5" />
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
