import { useSyncExternalStore } from "react";

/** Whether a media query holds, followed while it changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Room for things beside each other; the same width as the classes `md:…`. */
export const useIsWide = (): boolean => useMedia("(min-width: 48rem)");
