import { LoaderCircle } from "lucide-react";

/** What the app says it is doing right now. */
export function NotificationLine({ text, detail }: { text: string; detail: string | null }) {
  return (
    <p role="status" data-testid="notification" className="flex items-baseline gap-2 text-sm text-ink-soft">
      <LoaderCircle className="size-3.5 shrink-0 translate-y-0.5 animate-spin text-accent-text" aria-hidden />
      <span className="min-w-0">
        {text}
        {detail !== null && <span className="text-ink-faint"> — {detail}</span>}
      </span>
    </p>
  );
}

export function Thinking() {
  return (
    <p role="status" aria-label="The app is working" className="flex h-6 items-center gap-1.5">
      {["", "[animation-delay:200ms]", "[animation-delay:400ms]"].map((delay) => (
        <span key={delay} className={`size-2 animate-breathe rounded-full bg-ink-faint ${delay}`} aria-hidden />
      ))}
    </p>
  );
}
