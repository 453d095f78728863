import { keys, readDifferences, type Release } from "@capsule/api";
import { Skeleton } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { configText } from "../words.ts";

const SAID = { added: "comes back", removed: "goes", changed: "gets its old value" } as const;

/** What restoring a release's configuration changes. Values of variables are not told. */
export function Differences({ release }: { release: Release }) {
  const { data, isError } = useQuery({
    queryKey: keys.differences(release.id),
    queryFn: () => readDifferences(release.id),
    staleTime: 0,
  });
  if (isError) return null; // Going back works without having seen them.
  if (!data) return <Skeleton className="h-10" />;
  const variables = Object.entries(data.variables);
  if (variables.length === 0 && data.config.length === 0) {
    return <p className="text-xs text-ink-faint">The configuration is the same as now.</p>;
  }
  return (
    <ul aria-label="Changes of the configuration" className="max-h-40 space-y-1 overflow-y-auto rounded-md border px-3 py-2 text-xs">
      {variables.map(([name, change]) => (
        <li key={name}>
          <code className="font-mono">{name}</code> <span className="text-ink-soft">{SAID[change]}</span>
        </li>
      ))}
      {data.config.map(({ name, then, now }) => (
        <li key={name}>
          {name.replaceAll("_", " ")}: <span className="text-ink-soft line-through">{configText(now)}</span> → {configText(then)}
        </li>
      ))}
    </ul>
  );
}
