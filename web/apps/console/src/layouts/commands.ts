import { keys, listCapsules, spaceKey } from "@capsule/api";
import { chooseTheme } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Activity, Boxes, KeyRound, KeySquare, LayoutGrid, Moon, Plus, Sun, type LucideIcon } from "lucide-react";
import { typeInfo } from "#config/capsule-types.ts";
import { useCurrentSpace } from "./use-current-space.ts";

export type Command = { id: string; label: string; group: string; icon: LucideIcon; run: () => void };

/** Everything the menu offers: capsules of all spaces first, then spaces, pages and actions. */
export function useCommands(): Command[] {
  const navigate = useNavigate();
  const { space, spaces } = useCurrentSpace();
  const capsules = useQuery({ queryKey: keys.capsules, queryFn: async () => (await listCapsules()).items });
  const nameOf = (id: string): string => spaces.find((candidate) => candidate.id === id)?.name ?? "";
  const here = space && spaceKey(space, spaces);
  return [
    ...(capsules.data ?? []).map((capsule) => ({
      id: capsule.id,
      label: capsule.name,
      group: nameOf(capsule.space_id),
      icon: typeInfo(capsule.type).icon,
      run: () => void navigate({ to: "/capsules/$capsule", params: { capsule: capsule.slug } }),
    })),
    ...(here === undefined
      ? []
      : [
          {
            id: "new",
            label: "New capsule",
            group: "Create",
            icon: Plus,
            run: () => void navigate({ to: "/spaces/$space/new", params: { space: here } }),
          },
          {
            id: "secrets",
            label: "Secrets",
            group: "Page",
            icon: KeyRound,
            run: () => void navigate({ to: "/spaces/$space/secrets", params: { space: here } }),
          },
        ]),
    ...spaces.map((candidate) => ({
      id: candidate.id,
      label: candidate.name,
      group: "Space",
      icon: LayoutGrid,
      run: () => void navigate({ to: "/spaces/$space", params: { space: spaceKey(candidate, spaces) } }),
    })),
    { id: "spaces", label: "All spaces", group: "Page", icon: Boxes, run: () => void navigate({ to: "/spaces" }) },
    { id: "system", label: "System", group: "Page", icon: Activity, run: () => void navigate({ to: "/system" }) },
    {
      id: "account",
      label: "Account and tokens",
      group: "Page",
      icon: KeySquare,
      run: () => void navigate({ to: "/account" }),
    },
    { id: "light", label: "Light theme", group: "Theme", icon: Sun, run: () => chooseTheme("light") },
    { id: "dark", label: "Dark theme", group: "Theme", icon: Moon, run: () => chooseTheme("dark") },
  ];
}

/** Commands in which every typed word occurs; those that start with the text come first. */
export function matchCommands(commands: Command[], search: string): Command[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = commands.filter((command) => {
    const text = `${command.label} ${command.group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const first = words[0];
  if (first === undefined) return matches;
  const rank = (command: Command): number => (command.label.toLowerCase().startsWith(first) ? 0 : 1);
  return matches.toSorted((a, b) => rank(a) - rank(b));
}
