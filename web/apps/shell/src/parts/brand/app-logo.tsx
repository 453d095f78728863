import type { AppInfo } from "@capsule/api";
import { LogoMark, cn } from "@capsule/ui";
import { useState } from "react";

/** The app's logo, or the platform's where it has none or it cannot be loaded. */
export function AppLogo({ app, className }: { app: AppInfo; className?: string }) {
  const logo = app.theme?.logo;
  const [failed, setFailed] = useState<string | null>(null);
  if (!logo || failed === logo) return <LogoMark className={cn("shrink-0", className)} />;
  const ground = app.theme?.logo_background;
  return (
    <img
      src={logo}
      alt=""
      onError={() => setFailed(logo)}
      className={cn("shrink-0 rounded-md object-contain", ground && "p-[8%]", className)}
      {...(ground ? { style: { background: ground } } : {})}
    />
  );
}
