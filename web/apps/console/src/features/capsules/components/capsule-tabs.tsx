import type { Capsule } from "@capsule/api";
import { Link } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";

const TABS = [
  ["/capsules/$capsule/details", "Details"],
  ["/capsules/$capsule/deploy", "Deploy"],
  ["/capsules/$capsule/config", "Config"],
  ["/capsules/$capsule/logs", "Logs"],
  ["/capsules/$capsule/access-logs", "Access logs"],
  ["/capsules/$capsule/builds", "Builds"],
] as const;
const APP_TABS = [
  TABS[0],
  ["/capsules/$capsule/chat", "Chat"],
  ...TABS.slice(1, 3),
  ["/capsules/$capsule/runtimes", "Runtimes"],
  ...TABS.slice(3),
] as const;
const STORAGE_TABS = [
  ["/capsules/$capsule/details", "Details"],
  ["/capsules/$capsule/files", "Files"],
] as const;

/** On a narrow screen the open tab may lie outside the visible part of the row. */
function showActive(item: HTMLLIElement | null): void {
  if (item?.querySelector("[data-status=active]")) item.scrollIntoView({ block: "nearest", inline: "center" });
}

export function CapsuleTabs({ capsule }: { capsule: Capsule }) {
  const tabs = capsule.type === "storage" ? STORAGE_TABS : capsule.type === "app" ? APP_TABS : TABS;
  const status = capsule.current_build?.status;
  const isBuilding = status === "running" || status === "queued";
  return (
    <nav aria-label="Capsule" className="mt-4 mb-5 overflow-x-auto border-b">
      <ul className="flex min-w-max gap-1">
        {tabs.map(([to, label]) => (
          <li key={to} ref={showActive}>
            <Link
              to={to}
              params={{ capsule: capsule.slug }}
              activeOptions={{ includeSearch: false }}
              className="flex h-9.5 items-center gap-1.5 border-b-2 border-transparent px-3 text-sm text-ink-soft outline-offset-[-3px] transition-colors hover:text-ink data-[status=active]:border-accent data-[status=active]:font-medium data-[status=active]:text-ink"
            >
              {label}
              {label === "Builds" && isBuilding && (
                <LoaderCircle className="size-3.5 animate-spin text-busy" aria-label="A build is running" />
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
