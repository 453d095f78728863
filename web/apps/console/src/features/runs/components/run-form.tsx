import { keys, startRun, type Capsule, type Run } from "@capsule/api";
import { Button, Card, CardHead, Field, Input, problemText } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";

export function RunForm({ capsule, onStarted }: { capsule: Capsule; onStarted: (run: Run) => void }) {
  const queryClient = useQueryClient();
  const [command, setCommand] = useState("");
  const start = useMutation({
    mutationFn: () => startRun(capsule.id, command),
    onSuccess: (run) => {
      setCommand("");
      onStarted(run);
      return queryClient.invalidateQueries({ queryKey: keys.runs(capsule.slug) });
    },
  });
  return (
    <Card>
      <CardHead title="Run a command" hint="Once, in a fresh replica of the live release, apart from those that answer requests" />
      <form
        className="flex items-start gap-2 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (command.trim() !== "" && !start.isPending) start.mutate();
        }}
      >
        <Field
          label="Command"
          className="min-w-0 flex-1"
          hint="A shell line, such as: python manage.py migrate"
          error={problemText(start)}
        >
          {(control) => (
            <Input
              {...control}
              name="command"
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              value={command}
              onChange={(event) => setCommand(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" tone="primary" className="mt-6.5" isBusy={start.isPending} disabled={command.trim() === ""}>
          <Play /> Run
        </Button>
      </form>
    </Card>
  );
}
