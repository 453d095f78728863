import { useLayoutEffect, useRef, type RefObject } from "react";

/** Make a text area as tall as its text, up to a height; what is longer scrolls. */
export function useGrownHeight(text: string, tallestPx: number): RefObject<HTMLTextAreaElement | null> {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${String(Math.min(element.scrollHeight, tallestPx))}px`;
  }, [text, tallestPx]);
  return area;
}
