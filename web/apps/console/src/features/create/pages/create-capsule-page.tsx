import type { CapsuleType, Space } from "@capsule/api";
import { Button, buttonStyle, cn, Notice } from "@capsule/ui";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowRight, ChevronLeft } from "lucide-react";
import { usePageTitle } from "#config/page-title.ts";
import { usePlan } from "../api/use-plan.ts";
import { SettingsStep } from "../components/settings-step.tsx";
import { SourceStep } from "../components/source-step.tsx";
import { StepRail } from "../components/step-rail.tsx";
import { TypeStep } from "../components/type-step.tsx";
import type { Connect } from "../connect.ts";
import { useWizard } from "../use-wizard.ts";
import { answersOf } from "../answers.ts";
import { toWantedPlan, type WizardStep } from "../wizard-form.ts";

export type CreateCapsulePageProps = { space: Space; type: CapsuleType | null; step: WizardStep | null; connect: Connect };

/** Type, source, settings: a page for each, with the browser's own way back, and one set of answers. */
export function CreateCapsulePage({ space, type, step: asked, connect }: CreateCapsulePageProps) {
  usePageTitle("New capsule", space.name);
  const params = useParams({ from: "/signed-in/app/spaces/$space" });
  const wizard = useWizard(space, type, asked);
  const { form, step, steps, problem } = wizard;
  const wanted = form && step === "settings" ? toWantedPlan(form, space.id) : null;
  const plan = usePlan(wanted);
  const isFirst = step === steps[0];
  const isLast = step === steps.at(-1);
  const builds = form !== null && form.type !== "storage" && form.from !== "machine";

  return (
    <form
      aria-label="New capsule"
      data-testid="wizard"
      noValidate
      className={cn("mx-auto w-full space-y-7", step === "settings" && builds ? "max-w-5xl" : "max-w-3xl")}
      onSubmit={(event) => {
        event.preventDefault();
        wizard.goOn();
      }}
    >
      <header className="space-y-4">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">New capsule</h1>
          <p className="text-sm text-ink-soft">
            In the space <strong className="font-medium text-ink">{space.name}</strong>
          </p>
        </div>
        <StepRail steps={steps} current={step} answers={form ? answersOf(form) : {}} onGo={wizard.goTo} />
      </header>
      {step === "type" && <TypeStep chosen={form?.type ?? null} onChoose={wizard.choose} />}
      {form && step === "source" && <SourceStep form={form} space={space} set={wizard.set} shown={wizard.shown} connect={connect} />}
      {form && step === "settings" && (
        <SettingsStep
          form={form}
          set={wizard.set}
          shown={wizard.shown}
          plan={wanted === null ? null : plan}
          onChangeSource={() => wizard.goTo("source")}
        />
      )}
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <footer className="flex items-center gap-2 border-t pt-4">
        {!isFirst && (
          <Button tone="quiet" onClick={wizard.goBack}>
            <ChevronLeft /> Back
          </Button>
        )}
        <Link to="/spaces/$space" params={params} className={buttonStyle({ tone: "plain", className: "ml-auto" })}>
          Cancel
        </Link>
        {form && step !== "type" && !isLast && (
          <Button type="submit" tone="primary" data-testid="next-step">
            Next <ArrowRight />
          </Button>
        )}
        {form && isLast && (
          <Button type="submit" tone="primary" isBusy={wizard.isCreating} data-testid="create-capsule">
            {builds && form.from !== "push" && !(form.from === "git" && form.access === "key") ? "Create and deploy" : "Create capsule"}
          </Button>
        )}
      </footer>
    </form>
  );
}
