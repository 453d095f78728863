import { useEffect, useLayoutEffect, useRef, useState, type RefObject, type UIEvent } from "react";

export type FollowedEnd = {
  /** For the element that scrolls; its first child is watched for growth. */
  boxRef: RefObject<HTMLDivElement | null>;
  isFollowing: boolean;
  /** The same as of now, for effects that run before the next drawing. */
  isFollowingNow: () => boolean;
  toEnd: () => void;
  onScroll: (event: UIEvent<HTMLDivElement>) => void;
};

/**
 * Keep the end of a growing box in view until the reader scrolls up, and again once back at the end.
 *
 * `end` changes whenever something is put at the end; `sent` counts what the reader put there, which shows it always.
 */
export function useFollowedEnd(nearPx: number, end: unknown, sent = 0): FollowedEnd {
  const boxRef = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const following = useRef(true);
  const lastTop = useRef(0);

  useLayoutEffect(() => {
    if (following.current && boxRef.current) boxRef.current.scrollTop = boxRef.current.scrollHeight;
  }, [end]);
  useLayoutEffect(() => {
    if (sent === 0 || !boxRef.current) return;
    following.current = true;
    boxRef.current.scrollTop = boxRef.current.scrollHeight;
  }, [sent]);
  // Pictures, fonts and heights that were guessed move the end without anything new.
  useEffect(() => {
    const element = boxRef.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const follow = (isOn: boolean): void => {
    following.current = isOn;
    setIsFollowing(isOn);
  };
  const toEnd = (): void => {
    follow(true);
    boxRef.current?.scrollTo({ top: boxRef.current.scrollHeight });
  };
  const onScroll = (event: UIEvent<HTMLDivElement>): void => {
    const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < nearPx;
    if (isAtEnd || scrollTop < lastTop.current) follow(isAtEnd);
    lastTop.current = scrollTop;
  };
  return { boxRef, isFollowing, isFollowingNow: () => following.current, toEnd, onScroll };
}
