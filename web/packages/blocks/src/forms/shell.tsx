import { Button } from "@capsule/ui";
import type { NodeOf } from "../types.ts";
import { WidgetParts } from "../widget.tsx";
import { FormProvider, useForm } from "./form.tsx";

/** The launcher of a workflow: a form of its own. */
export function WorkflowShellView({ node }: { node: NodeOf<"workflow_shell"> }) {
  return (
    <FormProvider>
      <section className="mx-auto flex w-full max-w-2xl min-w-0 flex-col gap-5" data-widget="workflow_shell">
        {node.title !== undefined && <h2 className="text-xl font-semibold tracking-tight">{node.title}</h2>}
        <WidgetParts nodes={node.children} />
      </section>
    </FormProvider>
  );
}

export function FormSectionView({ node }: { node: NodeOf<"form_section"> }) {
  return (
    <fieldset className="min-w-0" data-widget="form_section">
      {node.label !== undefined && <legend className="mb-3 text-base font-semibold">{node.label}</legend>}
      <div className="flex min-w-0 flex-col gap-4">
        <WidgetParts nodes={node.children} />
      </div>
    </fieldset>
  );
}

export function ActionBarView({ node }: { node: NodeOf<"action_bar"> }) {
  return (
    <div className="flex flex-wrap items-center gap-2" role="group" data-widget="action_bar">
      <WidgetParts nodes={node.children} />
    </div>
  );
}

export function SubmitButtonView({ node }: { node: NodeOf<"submit_button"> }) {
  const form = useForm();
  const isUsable = form.canSubmit(node.action);
  return (
    <Button
      tone={node.primary === true ? "primary" : "plain"}
      className="self-start"
      disabled={!isUsable}
      title={isUsable ? undefined : "Forms cannot be sent from here yet."}
      onClick={() => form.submit(node.action)}
      data-widget="submit_button"
    >
      {node.label}
    </Button>
  );
}
