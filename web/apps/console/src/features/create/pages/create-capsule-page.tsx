import { asProblem, createCapsule, keys, type CapsuleType, type ProblemError, type Space } from "@capsule/api";
import { Button, buttonStyle, Notice } from "@capsule/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { NameStep } from "../components/name-step.tsx";
import { SettingsStep } from "../components/settings-step.tsx";
import { SourceStep } from "../components/source-step.tsx";
import { TypeStep } from "../components/type-step.tsx";
import { checkForm, emptyForm, nameFromUrl, toNewCapsule, type WizardField, type WizardForm } from "../wizard-form.ts";

type CreateCapsulePageProps = { space: Space; initialType?: CapsuleType };

/** One page, read from top to bottom: type, source, name, settings. */
export function CreateCapsulePage({ space, initialType }: CreateCapsulePageProps) {
  usePageTitle("New capsule", space.name);
  const params = useParams({ from: "/signed-in/app/spaces/$space" });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [form, setForm] = useState<WizardForm | null>(initialType ? emptyForm(initialType) : null);
  const [touched, setTouched] = useState<ReadonlySet<WizardField>>(new Set());
  const [hasOwnName, setHasOwnName] = useState(false);
  const create = useMutation({
    mutationFn: (input: WizardForm) => createCapsule(toNewCapsule(input, space.id)),
    onSuccess: (capsule, input) => {
      void queryClient.invalidateQueries({ queryKey: keys.capsules });
      void queryClient.invalidateQueries({ queryKey: keys.spaces });
      queryClient.setQueryData(keys.capsule(capsule.slug), capsule);
      const to = capsule.type === "storage" ? "files" : input.from === "git" ? "builds" : "deploy";
      void navigate({ to: `/capsules/$capsule/${to}`, params: { capsule: capsule.slug } });
    },
  });
  const problem = create.isError ? asProblem(create.error) : null;
  const errors = form ? checkForm(form) : {};

  const set = (field: WizardField, value: string): void => {
    if (!form) return;
    const next = { ...form, [field]: value };
    if (field === "name") setHasOwnName(value !== "");
    if (field === "url" && !hasOwnName) next.name = nameFromUrl(value);
    setForm(next);
    setTouched(new Set([...touched, field]));
  };
  const shown = (field: WizardField): string | null =>
    (touched.has(field) && errors[field]) || serverMessage(problem, field) || null;
  const isStorage = form?.type === "storage";
  const fromMachine = form?.from === "machine" && !isStorage;

  return (
    <form
      aria-label="New capsule"
      data-testid="wizard"
      noValidate
      className="mx-auto w-full max-w-3xl space-y-7"
      onSubmit={(event) => {
        event.preventDefault();
        if (!form) return;
        setTouched(new Set(Object.keys(form) as WizardField[]));
        if (Object.keys(errors).length === 0) create.mutate(form);
      }}
    >
      <header>
        <h1 className="text-2xl font-semibold tracking-tight">New capsule</h1>
        <p className="text-sm text-ink-soft">
          In the space <strong className="font-medium text-ink">{space.name}</strong>
        </p>
      </header>
      <TypeStep
        chosen={form?.type ?? null}
        onChoose={(type) => setForm(form ? { ...form, type } : emptyForm(type))}
      />
      {form && (
        <>
          {!isStorage && <SourceStep form={form} space={space} set={set} shown={shown} />}
          <NameStep form={form} set={set} shown={shown} />
          {!isStorage && !fromMachine && <SettingsStep form={form} set={set} shown={shown} />}
          {problem && (
            <Notice tone="bad" title={problem.detail}>
              {problem.hint}
            </Notice>
          )}
          <footer className="flex items-center justify-end gap-2 border-t pt-4">
            <Link to="/spaces/$space" params={params} className={buttonStyle({ tone: "plain" })}>
              Cancel
            </Link>
            <Button type="submit" tone="primary" isBusy={create.isPending} data-testid="create-capsule">
              {isStorage || fromMachine ? "Create capsule" : "Create and deploy"}
            </Button>
          </footer>
        </>
      )}
    </form>
  );
}

const SERVER_FIELDS: Partial<Record<WizardField, string>> = {
  runCommand: "run_command",
  buildCommand: "build_command",
  outputDirectory: "output_directory",
};

function serverMessage(problem: ProblemError | null, field: WizardField): string | null {
  if (problem?.code === "invalid_name" && field === "name") return [problem.detail, problem.hint].filter(Boolean).join(" ");
  return problem?.fieldMessage(SERVER_FIELDS[field] ?? field) ?? null;
}
