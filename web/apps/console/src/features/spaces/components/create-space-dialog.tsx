import { asProblem, createSpace, keys, type Team } from "@capsule/api";
import { Button, DialogClose, DialogContent, DialogRoot, Field, Input, NativeSelect } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

type CreateSpaceDialogProps = { isOpen: boolean; onOpenChange: (isOpen: boolean) => void; teams: Team[] };

export function CreateSpaceDialog({ isOpen, onOpenChange, teams }: CreateSpaceDialogProps) {
  return (
    <DialogRoot open={isOpen} onOpenChange={onOpenChange}>
      {isOpen && <CreateSpaceForm teams={teams} />}
    </DialogRoot>
  );
}

function CreateSpaceForm({ teams }: { teams: Team[] }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [teamId, setTeamId] = useState(teams[0]?.id ?? "");
  const create = useMutation({
    mutationFn: () => createSpace({ name: name.trim(), ...(teamId === "" ? {} : { team_id: teamId }) }),
    onSuccess: async (space) => {
      await queryClient.invalidateQueries({ queryKey: keys.spaces });
      await navigate({ to: "/spaces/$space", params: { space: space.id } });
    },
  });
  const problem = create.isError ? asProblem(create.error) : null;
  return (
    <DialogContent title="New space" data-testid="create-space">
      <form
        className="mt-4 space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Field
          label="Name"
          hint="Such as staging, or the name of a product."
          error={problem && [problem.detail, problem.hint].filter(Boolean).join(" ")}
        >
          {(control) => (
            <Input
              {...control}
              name="name"
              autoFocus
              required
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {teams.length > 1 && (
          <Field label="Team">
            {(control) => (
              <NativeSelect {...control} className="w-full" value={teamId} onChange={(event) => setTeamId(event.target.value)}>
                {teams.map((team) => (
                  <option key={team.id} value={team.id}>
                    {team.name}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
        )}
        <div className="flex justify-end gap-2">
          <DialogClose asChild>
            <Button>Cancel</Button>
          </DialogClose>
          <Button type="submit" tone="primary" isBusy={create.isPending}>
            Create space
          </Button>
        </div>
      </form>
    </DialogContent>
  );
}
