import type { AppInfo } from "@capsule/api";
import type { ReactNode } from "react";
import { AppLogo } from "../../parts/brand/app-logo.tsx";
import { appName } from "../../parts/brand/app-name.ts";

type AccountFrameProps = { app: AppInfo; title: string; children: ReactNode; foot?: ReactNode };

/** The frame of the pages at an app's door. */
export function AccountFrame({ app, title, children, foot }: AccountFrameProps) {
  return (
    <main className="flex min-h-full flex-col items-center justify-center bg-sidebar px-4 py-10">
      <AppLogo app={app} className="size-12" />
      <p className="mt-3 text-sm text-ink-soft">{appName(app)}</p>
      <h1 className="mt-1 text-2xl font-semibold tracking-tight">{title}</h1>
      <div className="mt-6 w-full max-w-sm rounded-xl border bg-surface p-5 shadow-soft">{children}</div>
      {foot !== undefined && <div className="mt-4 text-center text-sm text-ink-soft">{foot}</div>}
    </main>
  );
}
