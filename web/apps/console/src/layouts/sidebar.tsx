import { capsulesQuery, spaceKey, type Space } from "@capsule/api";
import { buttonStyle, cn, Logo, Skeleton, StatusDot, statusLabel } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, linkOptions, type LinkOptions } from "@tanstack/react-router";
import { Activity, Boxes, KeyRound, LayoutGrid, Plus, type LucideIcon } from "lucide-react";
import { typeInfo } from "#config/capsule-types.ts";
import { SpaceSwitcher } from "./space-switcher.tsx";
import { useCurrentSpace } from "./use-current-space.ts";

const ITEM =
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm text-ink-soft transition-colors hover:bg-hover hover:text-ink data-[status=active]:bg-hover data-[status=active]:font-medium data-[status=active]:text-ink";

function NavLink({ icon: Icon, label, link }: { icon: LucideIcon; label: string; link: LinkOptions }) {
  return (
    <Link {...link} className={ITEM}>
      <Icon className="size-4 text-ink-faint" aria-hidden />
      {label}
    </Link>
  );
}

export function Sidebar() {
  const { space, spaces } = useCurrentSpace();
  const params = { space: space ? spaceKey(space, spaces) : "" };
  return (
    <nav aria-label="Main" className="flex h-full flex-col gap-4 p-3">
      <Link to="/" className="flex h-8 items-center rounded-md px-1.5" aria-label="Capsule, home">
        <Logo />
      </Link>
      <SpaceSwitcher current={space} spaces={spaces} />
      {space && (
        <>
          <div className="space-y-0.5">
            <NavLink
              icon={LayoutGrid}
              label="Capsules"
              link={linkOptions({ to: "/spaces/$space", params, activeOptions: { exact: true } })}
            />
            <NavLink icon={KeyRound} label="Secrets" link={linkOptions({ to: "/spaces/$space/secrets", params })} />
          </div>
          <SpaceCapsules space={space} spaces={spaces} />
        </>
      )}
      <div className="mt-auto space-y-0.5 border-t pt-3">
        <NavLink icon={Boxes} label="Spaces" link={linkOptions({ to: "/spaces", activeOptions: { exact: true } })} />
        <NavLink icon={Activity} label="System" link={linkOptions({ to: "/system" })} />
      </div>
    </nav>
  );
}

function SpaceCapsules({ space, spaces }: { space: Space; spaces: Space[] }) {
  const capsules = useQuery(capsulesQuery(space.id));
  return (
    <div className="flex min-h-0 flex-col">
      <div className="flex items-center justify-between px-2.5 pb-1">
        <h2 className="text-2xs font-medium text-ink-faint">In this space</h2>
        <Link
          to="/spaces/$space/new"
          params={{ space: spaceKey(space, spaces) }}
          className={cn(buttonStyle({ tone: "quiet", size: "icon-sm" }), "-mr-1.5 size-6")}
          aria-label="New capsule"
          title="New capsule"
        >
          <Plus />
        </Link>
      </div>
      <ul className="min-h-0 space-y-0.5 overflow-y-auto">
        {capsules.isPending && <Skeleton className="mx-2.5 my-2 h-3" />}
        {capsules.data?.map((capsule) => {
          const Icon = typeInfo(capsule.type).icon;
          return (
            <li key={capsule.id}>
              <Link to="/capsules/$capsule" params={{ capsule: capsule.slug }} className={ITEM}>
                <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden />
                <span className="min-w-0 flex-1 truncate">{capsule.name}</span>
                <StatusDot status={capsule.status} />
                <span className="sr-only">{statusLabel(capsule.status)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
