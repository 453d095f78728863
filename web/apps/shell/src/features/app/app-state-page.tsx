import { LogoMark } from "@capsule/ui";
import { CircleAlert, LoaderCircle, PowerOff } from "lucide-react";
import type { AppPage } from "./app-states.ts";

const ICONS = { wait: LoaderCircle, off: PowerOff, broken: CircleAlert };

type AppStatePageProps = { page: AppPage; name: string; reason: string | null };

export function AppStatePage({ page, name, reason }: AppStatePageProps) {
  const Icon = ICONS[page.icon];
  return (
    <main className="flex h-full flex-col items-center justify-center px-6 text-center" role="status">
      <LogoMark className="size-12" />
      <h1 className="mt-5 text-2xl font-semibold tracking-tight">
        {name} {page.title}
      </h1>
      <p className="mt-1.5 max-w-md text-ink-soft">{page.text}</p>
      {reason !== null && (
        <p className="mt-4 max-w-xl rounded-lg bg-sunken px-4 py-2.5 font-mono text-xs break-words whitespace-pre-wrap">
          {reason}
        </p>
      )}
      <Icon className={`mt-6 size-5 text-ink-faint ${page.icon === "wait" ? "animate-spin" : ""}`} aria-hidden />
    </main>
  );
}
