/** States of an app in which its page shows something else than the chat. */
export type AppPage = { icon: "wait" | "off" | "broken"; title: string; text: string };

const PAGES: Record<string, AppPage> = {
  starting: { icon: "wait", title: "is starting", text: "This takes a moment; the page goes on by itself." },
  building: { icon: "wait", title: "is being built", text: "The page goes on by itself when it is ready." },
  stopping: { icon: "wait", title: "is stopping", text: "Somebody switched it off or is replacing it." },
  stopped: { icon: "off", title: "is switched off", text: "Its owner can switch it on again in the console." },
  failed: { icon: "broken", title: "does not run", text: "It failed to start. Its owner finds the reason in the console." },
};

export const pageFor = (state: string): AppPage | null => PAGES[state] ?? null;
