import type { CSSProperties, ReactNode } from "react";
import { Skeleton } from "@capsule/ui";
import { DataProblem, Unavailable } from "../unavailable.tsx";
import { isRecord, useData } from "../use-data.ts";

/** The items of a gallery: given ones first, then those of its data handler. Texts are addresses. */
export function useGalleryItems<Item extends { src: string }>(given: unknown, data: string | undefined) {
  const state = useData(data);
  const value = state.status === "ready" || state.status === "loading" ? state.value : undefined;
  const loaded: unknown = isRecord(value) ? (value["data"] ?? value["images"] ?? value["videos"]) : value;
  const items = [given, loaded].flatMap((list) => (Array.isArray(list) ? list.flatMap((entry) => asItem<Item>(entry)) : []));
  return { items, state };
}

function asItem<Item extends { src: string }>(entry: unknown): Item[] {
  if (typeof entry === "string") return [{ src: entry } as Item];
  return isRecord(entry) && typeof entry["src"] === "string" ? [entry as Item] : [];
}

type GalleryProps = {
  kind: "image_gallery" | "video_gallery";
  title: string | undefined;
  columns: number | undefined;
  state: ReturnType<typeof useData>;
  count: number;
  children: ReactNode;
};

export function GalleryGrid({ kind, title, columns, state, count, children }: GalleryProps) {
  const tracks = typeof columns === "number" && columns >= 1 ? Math.min(12, Math.floor(columns)) : null;
  const least = kind === "image_gallery" ? "9rem" : "15rem";
  const style = {
    "--tracks": tracks === null ? `repeat(auto-fill, minmax(min(100%, ${least}), 1fr))` : `repeat(${String(tracks)}, minmax(0, 1fr))`,
  } as CSSProperties;
  return (
    <section className="@container min-w-0" aria-label={title} data-widget={kind}>
      {title !== undefined && <h3 className="mb-3 text-base font-semibold">{title}</h3>}
      <ul
        className={
          tracks === null
            ? "grid grid-cols-(--tracks) gap-3"
            : "grid grid-cols-[repeat(auto-fill,minmax(min(100%,8rem),1fr))] gap-3 @md:grid-cols-(--tracks)"
        }
        style={style}
      >
        {children}
      </ul>
      {count === 0 && <GalleryNote state={state} />}
    </section>
  );
}

function GalleryNote({ state }: { state: ReturnType<typeof useData> }) {
  if (state.status === "unavailable") return <Unavailable />;
  if (state.status === "failed") return <DataProblem error={state.error} onRetry={state.refresh} />;
  if (state.status === "loading") return <Skeleton className="h-32 w-full" />;
  return <Unavailable>There is nothing here yet.</Unavailable>;
}
