import { useEffect, useLayoutEffect, useRef, useState, type RefObject, type UIEvent } from "react";

const NEAR_END_PX = 64;
const NEAR_START_PX = 600;

type FollowEnd = {
  box: RefObject<HTMLDivElement | null>;
  isFollowing: boolean;
  toEnd: () => void;
  onScroll: (event: UIEvent<HTMLDivElement>) => void;
};

/**
 * Keeps the end of a list in view while one is there, and the same rows in view when older ones come in front.
 *
 * `end` changes whenever something is put at the end, `sent` when oneself did it, `origin` when older rows came.
 */
export function useFollowEnd(end: unknown, sent: number, origin: number, onNearStart: () => void): FollowEnd {
  const box = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const following = useRef(true);
  const lastTop = useRef(0);
  const anchor = useRef<{ element: Element; top: number } | null>(null);

  const toEnd = (): void => {
    following.current = true;
    setIsFollowing(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useLayoutEffect(() => {
    const element = box.current;
    const held = anchor.current;
    if (!element || !held || !held.element.isConnected || following.current) return;
    const moved = held.element.getBoundingClientRect().top - held.top;
    if (moved !== 0) element.scrollTop += moved;
  }, [origin]);
  useLayoutEffect(() => {
    if (following.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [end]);
  // Markdown, images and fonts arrive after the text; the end moves without a new item.
  useEffect(() => {
    const element = box.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (sent > 0 && box.current) {
      following.current = true;
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [sent]);

  const onScroll = (event: UIEvent<HTMLDivElement>): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isAtEnd || scrollTop < lastTop.current) {
      following.current = isAtEnd;
      setIsFollowing(isAtEnd);
    }
    lastTop.current = scrollTop;
    anchor.current = following.current ? null : firstVisible(event.currentTarget);
    if (scrollTop < NEAR_START_PX) onNearStart();
  };
  return { box, isFollowing, toEnd, onScroll };
}

function firstVisible(box: HTMLElement): { element: Element; top: number } | null {
  const edge = box.getBoundingClientRect().top;
  // Only the pieces themselves: a search of the whole tree takes too long while one scrolls.
  const pieces = Array.from(box.firstElementChild?.children ?? []).filter((child) => child.hasAttribute("data-chunk"));
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
    else low = middle + 1;
  }
  const element = pieces[low];
  return element ? { element, top: element.getBoundingClientRect().top } : null;
}
