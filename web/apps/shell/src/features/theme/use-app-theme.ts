import type { AppInfo } from "@capsule/api";
import { useEffect } from "react";
import { applyTheme, keepTheme } from "./apply-theme.ts";

/** The page looks like the app says; light and dark stay a choice where the app fixes no background. */
export function useAppTheme(app: AppInfo | undefined): void {
  const theme = app?.theme;
  const text = theme == null ? null : JSON.stringify(theme);
  const isKnown = app !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    const kept = keepTheme(text === null ? null : (JSON.parse(text) as NonNullable<AppInfo["theme"]>));
    applyTheme(kept);
    // The switch and the system change the attribute; the colours follow it.
    const observer = new MutationObserver(() => applyTheme(kept));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, [isKnown, text]);
  const favicon = theme?.favicon ?? theme?.logo;
  useEffect(() => {
    if (!favicon) return;
    const link = document.querySelector<HTMLLinkElement>("link[rel='icon']");
    if (!link) return;
    link.removeAttribute("type");
    link.href = favicon;
  }, [favicon]);
}
