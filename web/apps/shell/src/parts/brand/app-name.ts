import type { AppInfo } from "@capsule/api";

export const appName = (app: AppInfo): string => app.title ?? app.theme?.title ?? app.theme?.site_name ?? app.name;
