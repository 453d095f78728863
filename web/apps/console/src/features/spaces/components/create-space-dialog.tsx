import { createSpace, keys, type Team } from "@capsule/api";
import { DialogContent, DialogRoot, Field, Form, Input, NativeSelect, problemText } from "@capsule/ui";
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
  return (
    <DialogContent title="New space" data-testid="create-space">
      <Form className="mt-4" sending={create} showsProblem={false} submit="Create space" onSubmit={() => create.mutate()}>
        <Field
          label="Name"
          hint="Such as staging, or the name of a product."
          error={problemText(create)}
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
      </Form>
    </DialogContent>
  );
}
