import {
  asProblem,
  createCapsule,
  keys,
  type CapsuleType,
  type ProblemError,
  type Space,
} from "@capsule/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import {
  checkForm,
  emptyForm,
  nameFromImage,
  nameFromUpload,
  nameFromUrl,
  stepErrors,
  stepsOf,
  toNewCapsule,
  withType,
  type WizardField,
  type WizardForm,
  type WizardStep,
} from "./wizard-form.ts";

const NAMED_BY: Partial<Record<WizardField, (value: string) => string>> = {
  url: nameFromUrl,
  image: nameFromImage,
  uploadName: nameFromUpload,
};

/** The answers live here, the step in the address; a step whose forerunners are not answered is not shown. */
export function useWizard(space: Space, type: CapsuleType | null, asked: WizardStep | null) {
  const params = useParams({ from: "/signed-in/app/spaces/$space" });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [answers, setAnswers] = useState<WizardForm | null>(type && emptyForm(type));
  const [touched, setTouched] = useState<ReadonlySet<WizardField>>(new Set());
  const [hasOwnName, setHasOwnName] = useState(false);

  const form = type === null ? answers : withType(answers ?? emptyForm(type), type);
  const steps = stepsOf(form?.type ?? null);
  const errors = form ? checkForm(form) : {};
  const step = stepShown();
  const create = useMutation({
    mutationFn: (input: WizardForm) => createCapsule(toNewCapsule(input, space.id)),
    onSuccess: (capsule, input) => {
      void queryClient.invalidateQueries({ queryKey: keys.capsules });
      void queryClient.invalidateQueries({ queryKey: keys.spaces });
      queryClient.setQueryData(keys.capsule(capsule.slug), capsule);
      const waits = input.from === "machine" || input.from === "push";
      const to = capsule.type === "storage" ? "files" : waits ? "deploy" : "builds";
      void navigate({ to: `/capsules/$capsule/${to}`, params: { capsule: capsule.slug } });
    },
  });
  const problem = create.isError ? asProblem(create.error) : null;

  function stepShown(): WizardStep {
    if (type === null || form === null) return "type";
    if (asked === null || !steps.includes(asked)) return steps[1] ?? "type";
    return asked === "settings" && !isAnswered("source") ? "source" : asked;
  }
  function isAnswered(one: WizardStep): boolean {
    return !steps.includes(one) || Object.keys(stepErrors(errors, one)).length === 0;
  }
  const goTo = (next: WizardStep, chosen: CapsuleType | null = type): void =>
    void navigate({
      to: "/spaces/$space/new",
      params,
      search: { ...(chosen ? { type: chosen } : {}), step: next },
    });

  return {
    form,
    step,
    steps,
    problem,
    isCreating: create.isPending,
    goTo,
    goBack: () => goTo(steps[steps.indexOf(step) - 1] ?? "type"),
    choose: (chosen: CapsuleType) => {
      setAnswers((before) => (before ? withType(before, chosen) : emptyForm(chosen)));
      goTo(stepsOf(chosen)[1] ?? "settings", chosen);
    },
    set: (field: WizardField, value: string) => {
      const nameFrom = NAMED_BY[field];
      if (field === "name") setHasOwnName(value !== "");
      setAnswers((before) => {
        const next = { ...(before ?? emptyForm(type ?? "backend")), [field]: value };
        return nameFrom && !hasOwnName ? { ...next, name: nameFrom(value) } : next;
      });
      setTouched((before) => new Set([...before, field]));
      create.reset();
    },
    /** What stands under a field: what is wrong with it once it was touched, or what the server said of it. */
    shown: (field: WizardField): string | null =>
      (touched.has(field) && errors[field]) || serverMessage(problem, field) || null,
    /** Next, or create; what is wrong with this step is shown instead. */
    goOn: () => {
      if (form === null || step === "type") return;
      const wrong = stepErrors(errors, step);
      setTouched((before) => new Set([...before, ...(Object.keys(wrong) as WizardField[])]));
      if (Object.keys(wrong).length > 0) return;
      const next = steps[steps.indexOf(step) + 1];
      if (next) goTo(next);
      else create.mutate(form);
    },
  };
}

const SERVER_FIELDS: Partial<Record<WizardField, string>> = {
  token: "access_token",
  keyId: "deploy_key_id",
  runCommand: "run_command",
  buildCommand: "build_command",
  outputDirectory: "output_directory",
  releaseCommand: "release_command",
  dockerContext: "docker_context",
};

function serverMessage(problem: ProblemError | null, field: WizardField): string | null {
  if (problem?.code === "invalid_name" && field === "name") return [problem.detail, problem.hint].filter(Boolean).join(" ");
  return problem?.fieldMessage(SERVER_FIELDS[field] ?? field) ?? null;
}
