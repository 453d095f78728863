import { capsuleQuery, meQuery, spaceKey, spacesQuery, type Capsule } from "@capsule/api";
import { buttonStyle, StatusBadge } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, ExternalLink, MessageSquareText } from "lucide-react";
import { TypeIcon } from "#config/type-icon.tsx";
import { typeInfo } from "#config/capsule-types.ts";
import { hostOf } from "../source-text.ts";
import { PowerSwitch } from "./power-switch.tsx";

export function CapsuleHeader({ capsule }: { capsule: Capsule }) {
  const spaces = useQuery(spacesQuery).data ?? [];
  const space = spaces.find((candidate) => candidate.id === capsule.space_id);
  const team = useQuery(meQuery).data?.teams.find((candidate) => candidate.id === capsule.team_id);
  return (
    <header>
      <nav aria-label="Breadcrumb" className="mb-2 flex flex-wrap items-center gap-1 text-xs text-ink-faint">
        <Link to="/spaces" className="rounded-sm hover:text-ink">
          {team?.name ?? "Team"}
        </Link>
        <ChevronRight className="size-3" aria-hidden />
        {space && (
          <Link to="/spaces/$space" params={{ space: spaceKey(space, spaces) }} className="rounded-sm hover:text-ink">
            {space.name}
          </Link>
        )}
        <ChevronRight className="size-3" aria-hidden />
        <span aria-current="page" className="text-ink-soft">
          {capsule.name}
        </span>
      </nav>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <TypeIcon type={capsule.type} className="size-11 rounded-xl" />
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="truncate text-2xl font-semibold tracking-tight">{capsule.name}</h1>
            <StatusBadge status={capsule.status} />
          </div>
          <p className="flex flex-wrap gap-x-1.5 text-sm text-ink-soft">
            {typeInfo(capsule.type).name}
            {capsule.preview_of !== null && <PreviewOf capsule={capsule} />}
            {capsule.url !== null && (
              <>
                <span className="text-ink-faint">·</span>
                <a
                  href={capsule.url}
                  target="_blank"
                  rel="noreferrer"
                  className="inline-flex min-w-0 items-center gap-1 text-accent-text hover:underline"
                >
                  <span className="truncate">{hostOf(capsule.url)}</span>
                  <ExternalLink className="size-3.5 shrink-0" aria-hidden />
                </a>
              </>
            )}
          </p>
        </div>
        <div className="flex items-center gap-3 max-sm:basis-full">
          {capsule.type === "app" && capsule.url !== null && (
            <a
              href={`/api/v1/app/${capsule.id}/enter`}
              target="_blank"
              rel="noreferrer"
              className={buttonStyle({ tone: "plain" })}
            >
              <MessageSquareText /> Open chat
            </a>
          )}
          {capsule.type !== "storage" && <PowerSwitch capsule={capsule} />}
        </div>
      </div>
    </header>
  );
}

/** What a preview is one of, and until when. */
function PreviewOf({ capsule }: { capsule: Capsule }) {
  const parent = useQuery({ ...capsuleQuery(capsule.parent_id ?? ""), enabled: capsule.parent_id !== null }).data;
  return (
    <>
      <span className="text-ink-faint">·</span>
      <span>
        preview of {capsule.preview_of}
        {parent && (
          <>
            {" in "}
            <Link to="/capsules/$capsule" params={{ capsule: parent.slug }} className="text-accent-text hover:underline">
              {parent.name}
            </Link>
          </>
        )}
        {capsule.expires_at !== null && <span className="text-ink-faint">, removed {new Date(capsule.expires_at).toLocaleDateString()}</span>}
      </span>
    </>
  );
}
