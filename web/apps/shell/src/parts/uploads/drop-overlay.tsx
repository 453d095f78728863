import { Paperclip } from "lucide-react";

/** Covers the page while files are held over it. */
export function DropOverlay() {
  return (
    <div className="pointer-events-none fixed inset-0 z-60 grid animate-fade place-items-center bg-shade p-4 backdrop-blur-[2px]">
      <p className="flex items-center gap-3 rounded-2xl border-2 border-dashed border-accent bg-raised px-8 py-6 text-lg font-medium shadow-float">
        <Paperclip className="size-6 text-accent-text" aria-hidden /> Drop files to attach them
      </p>
    </div>
  );
}
