import type { CannotPlan, Plan } from "@capsule/api";
import { cn, Notice } from "@capsule/ui";
import type { UseQueryResult } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { WizardForm } from "../wizard-form.ts";
import { RESOURCES, settingsOf, type Setting } from "../settings.ts";
import { NameField } from "./name-field.tsx";
import { PlanPreview } from "./plan-preview.tsx";
import { Step, type StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

type SettingsStepProps = StepProps & { plan: UseQueryResult<Plan | CannotPlan> | null; onChangeSource: () => void };

/** The name and what may be changed at the left, the plan that follows from it at the right. */
export function SettingsStep({ plan, onChangeSource, ...step }: SettingsStepProps) {
  const { form } = step;
  const isStorage = form.type === "storage";
  const isCode = !isStorage && form.from !== "machine";
  return (
    <Step
      title={isStorage ? "What is it called?" : "Check and name it"}
      hint={isStorage ? undefined : "Everything here can be changed later."}
    >
      <div className={cn("grid items-start gap-6", isCode && "lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]")}>
        <div className="space-y-4">
          <NameField {...step} />
          {isCode && (
            <>
              {settingsOf(form).map((setting) => (
                <SettingField key={setting.field} setting={setting} {...step} />
              ))}
              <More label="Resources">
                <div className="grid gap-4 sm:grid-cols-2">
                  {RESOURCES.map((setting) => (
                    <SettingField key={setting.field} setting={setting} {...step} />
                  ))}
                </div>
              </More>
            </>
          )}
        </div>
        {plan && (
          <div className="min-w-0 max-lg:order-first">
            <PlanPreview answer={plan} onChangeSource={onChangeSource} />
          </div>
        )}
        {isCode && !plan && <Unplanned form={form} />}
      </div>
    </Step>
  );
}

/** Why there is no plan to see yet. */
function Unplanned({ form }: { form: WizardForm }) {
  if (form.from === "image") return <Notice title={form.image}>The image is fetched when the capsule is deployed. Nothing is built.</Notice>;
  if (form.from === "push") return <Notice title="Planned with the first push">Git shows the plan and the build while you push.</Notice>;
  return null;
}

function SettingField({ setting, ...step }: StepProps & { setting: Setting }) {
  return <TextField {...step} {...setting} />;
}

function More({ label, children }: { label: string; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex w-fit list-none items-center gap-1 rounded-sm text-sm text-ink-soft hover:text-ink">
        <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden /> {label}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  );
}
