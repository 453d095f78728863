import type { Capsule, CapsuleType } from "@capsule/api";
import { Link } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";

type Tab = { to: `/capsules/$capsule/${string}`; label: string; types?: readonly CapsuleType[] };

const SERVERS = ["backend", "frontend", "agent", "docker"] as const;
/** Whose replicas a person can be inside of. */
const INSIDE = ["backend", "agent"] as const;
const CODE = [...SERVERS, "app"] as const;

/** In the order in which people need them; those without types are for every capsule. */
const TABS = [
  { to: "/capsules/$capsule/details", label: "Details" },
  { to: "/capsules/$capsule/chat", label: "Chat", types: ["app"] },
  { to: "/capsules/$capsule/deploy", label: "Deploy", types: CODE },
  { to: "/capsules/$capsule/config", label: "Config", types: CODE },
  { to: "/capsules/$capsule/scale", label: "Scale", types: SERVERS },
  { to: "/capsules/$capsule/runtimes", label: "Runtimes", types: ["app"] },
  { to: "/capsules/$capsule/logs", label: "Logs", types: CODE },
  { to: "/capsules/$capsule/access-logs", label: "Access logs", types: CODE },
  { to: "/capsules/$capsule/builds", label: "Builds", types: CODE },
  { to: "/capsules/$capsule/runs", label: "Runs", types: SERVERS },
  { to: "/capsules/$capsule/cron", label: "Cron", types: SERVERS },
  { to: "/capsules/$capsule/terminal", label: "Terminal", types: INSIDE },
  { to: "/capsules/$capsule/files", label: "Files", types: ["storage"] },
] as const satisfies readonly Tab[];

/** On a narrow screen the open tab may lie outside the visible part of the row. */
function showActive(item: HTMLLIElement | null): void {
  if (item?.querySelector("[data-status=active]")) item.scrollIntoView({ block: "nearest", inline: "center" });
}

export function CapsuleTabs({ capsule }: { capsule: Capsule }) {
  const tabs = TABS.filter((tab: Tab) => tab.types?.includes(capsule.type) ?? true);
  const status = capsule.current_build?.status;
  const isBuilding = status === "running" || status === "queued";
  return (
    <nav aria-label="Capsule" className="mt-4 mb-5 overflow-x-auto border-b">
      <ul className="flex min-w-max gap-1">
        {tabs.map(({ to, label }) => (
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
