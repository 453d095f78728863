import { meQuery, spaceKey, type Space } from "@capsule/api";
import { MenuChoice, MenuContent, MenuItem, MenuLabel, MenuRoot, MenuSeparator, MenuTrigger } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";

const initials = (name: string): string =>
  name
    .split(/[\s-]+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");

/** Choose a space, grouped by team. */
export function SpaceSwitcher({ current, spaces }: { current: Space | undefined; spaces: Space[] }) {
  const navigate = useNavigate();
  const teams = useQuery(meQuery).data?.teams ?? [];
  const team = teams.find((candidate) => candidate.id === current?.team_id);
  return (
    <MenuRoot>
      <MenuTrigger className="flex w-full items-center gap-2.5 rounded-lg border bg-surface p-2 text-left shadow-soft transition-colors hover:bg-hover">
        <span className="grid size-7 shrink-0 place-items-center rounded-md bg-accent text-2xs font-semibold text-accent-ink">
          {initials(current?.name ?? "?")}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm leading-4 font-medium">{current?.name ?? "Choose a space"}</span>
          <span className="block truncate text-2xs text-ink-faint">{team?.name ?? "Space"}</span>
        </span>
        <ChevronsUpDown className="size-3.5 text-ink-faint" aria-hidden />
      </MenuTrigger>
      <MenuContent align="start" className="w-56">
        {teams.map((candidate) => {
          const own = spaces.filter((space) => space.team_id === candidate.id);
          return (
            <div key={candidate.id} role="group" aria-label={candidate.name}>
              <MenuLabel>{candidate.name}</MenuLabel>
              {own.length === 0 && <p className="px-2 py-1 text-xs text-ink-faint">No spaces yet</p>}
              {own.map((space) => (
                <MenuChoice
                  key={space.id}
                  isChosen={space.id === current?.id}
                  onSelect={() => void navigate({ to: "/spaces/$space", params: { space: spaceKey(space, spaces) } })}
                >
                  <span className="truncate">{space.name}</span>
                  <span className="text-xs text-ink-faint">{space.capsules}</span>
                </MenuChoice>
              ))}
            </div>
          );
        })}
        <MenuSeparator />
        <MenuItem onSelect={() => void navigate({ to: "/spaces" })}>
          <Plus /> New space…
        </MenuItem>
      </MenuContent>
    </MenuRoot>
  );
}
