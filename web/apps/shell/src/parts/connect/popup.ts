/** A small window for signing in elsewhere; where browsers block it, the page itself goes there. */

const SIZE = "popup,width=560,height=720";
const LOOK_EVERY_MS = 500;

/** Has to run inside of the click itself: later, browsers take it for an advertisement. */
export const openPopup = (): Window | null => window.open("", "capsule-connect", SIZE);

/** A page in between may cut the tie between two windows; the last one tells everybody here. */
const CHANNEL = "capsule-connections";

/** Calls `listener` whenever a sign-in elsewhere has ended, in any window. */
export function onConnectionEnded(listener: () => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", listener);
  return () => channel.close();
}

/** Resolves when the window tells that it is done, or was closed. The page leaves where there is no window. */
export function visit(popup: Window | null, url: string): Promise<void> {
  if (!popup || popup.closed) {
    window.location.assign(url);
    return new Promise(() => undefined);
  }
  popup.location.href = url;
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(timer);
      forget();
      window.removeEventListener("message", onMessage);
      resolve();
    };
    const onMessage = (event: MessageEvent): void => {
      if (event.origin === window.location.origin && event.source === popup) end();
    };
    const forget = onConnectionEnded(end);
    const timer = setInterval(() => popup.closed && end(), LOOK_EVERY_MS);
    window.addEventListener("message", onMessage);
  });
}
