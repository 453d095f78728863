import { useEffect } from "react";

/** Name the browser tab after the page. */
export function usePageTitle(...parts: (string | null | undefined)[]): void {
  const title = [...parts.filter(Boolean), "Capsule"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
