import { asProblem, keys, listBuilds, updateCapsule, type Capsule } from "@capsule/api";
import { Button, Card, CardHead, Notice, toast } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ProcessRow } from "../components/process-row.tsx";
import { changedIn, processesFor, scaleOf, type Scale } from "../processes.ts";

/** How many replicas of each process type there are; the numbers are saved together. */
export function ScalePage({ capsule }: { capsule: Capsule }) {
  const queryClient = useQueryClient();
  const plan = usePlanOfRelease(capsule);
  const processes = processesFor(capsule, plan);
  const [edited, setEdited] = useState<Scale>({});
  const scale = { ...scaleOf(processes), ...edited };
  const changed = changedIn(scale, processes);
  const deploys = capsule.is_on && capsule.release !== null;
  const save = useMutation({
    mutationFn: () => updateCapsule(capsule.id, { config: { scale: { ...capsule.config.scale, ...scale } } }),
    onSuccess: (next) => {
      queryClient.setQueryData(keys.capsule(capsule.slug), next);
      setEdited({});
      toast("Scale saved", deploys ? "It is being deployed." : undefined);
    },
  });
  const problem = save.isError ? asProblem(save.error) : null;
  return (
    <Card className="max-w-4xl">
      <CardHead title="Processes" hint="What the release runs, each in replicas of its own" />
      <ul className="divide-y" aria-label="Processes">
        {processes.map((process) => (
          <ProcessRow
            key={process.name}
            process={process}
            count={scale[process.name] ?? process.wanted}
            isOn={capsule.is_on}
            canScale={capsule.can.includes("update") && !save.isPending}
            onScale={(count) => setEdited({ ...edited, [process.name]: count })}
          />
        ))}
      </ul>
      {problem && (
        <div className="px-4 pb-3">
          <Notice tone="bad" title={problem.detail}>
            {problem.hint}
          </Notice>
        </div>
      )}
      <footer className="flex flex-wrap items-center gap-3 border-t px-4 py-3">
        <p className="flex-1 text-xs text-ink-faint" role="status">
          {changed.length > 0
            ? `${changed.map((name) => `${name}: ${String(scale[name])}`).join(", ")}${deploys ? ". Saving deploys it, without a build." : "."}`
            : "Requests are shared among the replicas of web."}
        </p>
        {changed.length > 0 && <Button onClick={() => setEdited({})}>Discard</Button>}
        <Button tone="primary" disabled={changed.length === 0} isBusy={save.isPending} onClick={() => save.mutate()}>
          {deploys ? "Save and deploy" : "Save"}
        </Button>
      </footer>
    </Card>
  );
}

/** The plan of the build that is live, else the newest there is. */
function usePlanOfRelease(capsule: Capsule) {
  const builds = useQuery({
    queryKey: keys.builds(capsule.slug),
    queryFn: async () => (await listBuilds(capsule.id)).items,
    staleTime: 5_000,
  }).data;
  const planned = builds?.filter((build) => build.plan !== null) ?? [];
  return (planned.find((build) => build.is_live) ?? planned[0])?.plan ?? null;
}
