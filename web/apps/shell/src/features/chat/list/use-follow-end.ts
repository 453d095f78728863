import { useFollowedEnd, type FollowedEnd } from "@capsule/ui";
import { useEffectEvent, useLayoutEffect, useRef, type UIEvent } from "react";

const NEAR_END_PX = 64;
const NEAR_START_PX = 600;

type FollowEnd = Omit<FollowedEnd, "isFollowingNow">;

/**
 * Keeps the end of a list in view while one is there, and the same rows in view when older ones come in front.
 *
 * `end` changes whenever something is put at the end, `sent` when oneself did it, `origin` when older rows came.
 */
export function useFollowEnd(end: unknown, sent: number, origin: number, onNearStart: () => void): FollowEnd {
  const { boxRef, isFollowing, isFollowingNow, toEnd, onScroll: onFollow } = useFollowedEnd(NEAR_END_PX, end, sent);
  const anchor = useRef<{ element: Element; top: number } | null>(null);

  const hold = useEffectEvent(() => {
    const held = anchor.current;
    if (!held || !held.element.isConnected || isFollowingNow()) return;
    const moved = held.element.getBoundingClientRect().top - held.top;
    if (moved !== 0) boxRef.current?.scrollBy({ top: moved });
  });
  useLayoutEffect(() => {
    hold();
  }, [origin]);

  const onScroll = (event: UIEvent<HTMLDivElement>): void => {
    onFollow(event);
    anchor.current = isFollowingNow() ? null : firstVisible(event.currentTarget);
    if (event.currentTarget.scrollTop < NEAR_START_PX) onNearStart();
  };
  return { boxRef, isFollowing, toEnd, onScroll };
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
