import { keys, listEnv, type Capsule } from "@capsule/api";
import { Button, Card, CardHead, ErrorState, SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff, ListPlus, TextCursorInput } from "lucide-react";
import { useState } from "react";
import { EnvRowsEditor } from "./env-rows-editor.tsx";
import { EnvTable } from "./env-table.tsx";
import { EnvTextEditor } from "./env-text-editor.tsx";

/** Environment variables: a masked table, and two ways to edit it. */
export function EnvCard({ capsule }: { capsule: Capsule }) {
  const env = useQuery({ queryKey: keys.env(capsule.slug), queryFn: async () => (await listEnv(capsule.id)).items });
  const [isShown, setIsShown] = useState(false);
  const [editor, setEditor] = useState<"rows" | "text" | null>(null);
  const [last, setLast] = useState<"rows" | "text" | null>(null);
  const own = env.data?.filter((variable) => variable.set_by === "user") ?? [];
  const canEdit = capsule.can.includes("update") && env.isSuccess && editor === null;
  const Editor = editor === "rows" ? EnvRowsEditor : EnvTextEditor;
  const close = (): void => {
    setLast(editor);
    setEditor(null);
  };
  return (
    <Card className="min-w-0">
      <CardHead
        title="Environment variables"
        hint="Saving restarts the capsule. They are present while building too."
        actions={
          <>
            {editor === null && (env.data?.length ?? 0) > 0 && (
              <Button tone="quiet" size="sm" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
                {isShown ? <EyeOff /> : <Eye />} {isShown ? "Hide" : "Show"}
              </Button>
            )}
            {canEdit && (
              <>
                <Button size="sm" autoFocus={last === "rows"} onClick={() => setEditor("rows")}>
                  <ListPlus /> Key/value editor
                </Button>
                <Button size="sm" autoFocus={last === "text"} onClick={() => setEditor("text")}>
                  <TextCursorInput /> Text editor
                </Button>
              </>
            )}
          </>
        }
      />
      {env.isPending && <SkeletonRows rows={3} />}
      {env.isError && <ErrorState error={env.error} onRetry={() => void env.refetch()} />}
      {env.data && editor === null && <EnvTable variables={env.data} isShown={isShown} />}
      {env.data && editor !== null && <Editor capsule={capsule} variables={own} onDone={close} />}
    </Card>
  );
}
