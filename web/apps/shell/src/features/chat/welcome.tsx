import type { AppInfo } from "@capsule/api";
import { LogoMark } from "@capsule/ui";

export function Welcome({ app }: { app: AppInfo }) {
  return (
    <div className="flex flex-1 flex-col items-center justify-center px-6 text-center">
      <LogoMark className="size-14" />
      <h2 className="mt-4 text-2xl font-semibold tracking-tight">{app.title ?? app.name}</h2>
      <p className="mt-1 max-w-sm text-ink-soft">
        {app.has_message_handler ? "Write a message to start a chat." : "This app has no message handler, so it does not chat."}
      </p>
    </div>
  );
}
