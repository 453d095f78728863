import { Input, NativeSelect, Switch, Textarea } from "@capsule/ui";
import { useId } from "react";
import { asNumber } from "../data/number-format.ts";
import { safeLink } from "../safe-url.ts";
import type { NodeOf } from "../types.ts";
import { FieldFrame, GroupFrame } from "./frame.tsx";
import { useField } from "./use-field.ts";

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === null || value === undefined ? "" : String(value);

export function ToggleView({ node }: { node: NodeOf<"toggle"> }) {
  const id = useId();
  return (
    <div className="flex w-full max-w-2xl items-center justify-between gap-4" data-widget="toggle">
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm font-medium">
          {node.label}
        </label>
        <p className="text-xs text-ink-faint">Settings are not available here yet.</p>
      </div>
      <Switch id={id} disabled checked={false} aria-label={node.label} />
    </div>
  );
}

export function TextInputView({ node }: { node: NodeOf<"text_input"> }) {
  const field = useField({ ...fieldParts(node), first: "" });
  const Control = node.multiline === true ? Textarea : Input;
  return (
    <FieldFrame type="text_input" {...frameParts(node)} isSetting={field.isSetting} error={field.error}>
      {(control) => (
        <Control
          {...control}
          {...(node.multiline === true ? { rows: 4 } : {})}
          aria-label={node.label === undefined ? (node.placeholder ?? node.name) : undefined}
          placeholder={node.placeholder}
          aria-required={node.required === true}
          disabled={field.isSetting}
          value={textOf(field.value)}
          onChange={(event: { target: { value: string } }) => field.set(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function TextAreaView({ node }: { node: NodeOf<"text_area"> }) {
  const field = useField({ ...fieldParts(node), first: "" });
  return (
    <FieldFrame type="text_area" {...frameParts(node)} error={field.error}>
      {(control) => (
        <Textarea
          {...control}
          rows={node.rows ?? 4}
          aria-label={node.label === undefined ? (node.placeholder ?? node.name) : undefined}
          placeholder={node.placeholder}
          aria-required={node.required === true}
          value={textOf(field.value)}
          onChange={(event) => field.set(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function NumberInputView({ node }: { node: NodeOf<"number_input"> }) {
  const check = (value: unknown): string | null => numberProblem(asNumber(value), node);
  const field = useField({ ...fieldParts(node), first: null, check });
  return (
    <FieldFrame type="number_input" {...frameParts(node)} isSetting={field.isSetting} error={field.error}>
      {(control) => (
        <Input
          {...control}
          type="number"
          inputMode="decimal"
          className="max-w-48"
          aria-label={node.label === undefined ? node.name : undefined}
          aria-required={node.required === true}
          disabled={field.isSetting}
          min={node.min}
          max={node.max}
          step={node.step ?? "any"}
          value={textOf(field.value)}
          onChange={(event) => field.set(event.target.value === "" ? null : event.target.valueAsNumber)}
        />
      )}
    </FieldFrame>
  );
}

function numberProblem(value: number | null, { min, max }: NodeOf<"number_input">): string | null {
  if (value === null) return "This is not a number.";
  if (min !== undefined && value < min) return `The least is ${String(min)}.`;
  if (max !== undefined && value > max) return `The most is ${String(max)}.`;
  return null;
}

export function SelectView({ node }: { node: NodeOf<"select"> }) {
  const options = Array.isArray(node.options) ? node.options.map(textOf) : [];
  const field = useField({ ...fieldParts(node), first: node.default ?? "" });
  return (
    <FieldFrame type="select" {...frameParts(node)} isSetting={field.isSetting} error={field.error}>
      {(control) => (
        <NativeSelect
          {...control}
          className="max-w-full min-w-40"
          aria-label={node.label === undefined ? node.name : undefined}
          aria-required={node.required === true}
          disabled={field.isSetting}
          value={textOf(field.value)}
          onChange={(event) => field.set(event.target.value)}
        >
          {!(node.default !== undefined && options.includes(node.default)) && <option value="">Choose…</option>}
          {options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </NativeSelect>
      )}
    </FieldFrame>
  );
}

export function CheckboxGroupView({ node }: { node: NodeOf<"checkbox_group"> }) {
  const options = Array.isArray(node.options) ? node.options.map(textOf) : [];
  const field = useField({ name: node.name, label: node.label, first: node.default ?? [] });
  const chosen = Array.isArray(field.value) ? field.value.map(textOf) : [];
  const change = (option: string, isOn: boolean): void =>
    field.set(options.filter((other) => (other === option ? isOn : chosen.includes(other))));
  return (
    <GroupFrame type="checkbox_group" label={node.label} error={field.error}>
      <div className="space-y-1.5">
        {options.map((option) => (
          <label key={option} className="flex cursor-pointer items-start gap-2 text-sm">
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 accent-accent"
              checked={chosen.includes(option)}
              onChange={(event) => change(option, event.target.checked)}
            />
            <span className="min-w-0 break-words">{option}</span>
          </label>
        ))}
      </div>
    </GroupFrame>
  );
}

const NOT_A_WEB_ADDRESS = "This is not a web address, such as https://example.com.";

/** The problem of a text that should be an http address; null when it is one. */
export function urlProblem(value: unknown): string | null {
  const address = safeLink(value);
  return address !== null && /^https?:\/\/[^\s/]+/i.test(address) ? null : NOT_A_WEB_ADDRESS;
}

export function UrlInputView({ node }: { node: NodeOf<"url_input"> }) {
  const field = useField({ ...fieldParts(node), first: "", check: urlProblem });
  return (
    <FieldFrame type="url_input" {...frameParts(node)} error={field.error}>
      {(control) => (
        <Input
          {...control}
          type="url"
          inputMode="url"
          aria-label={node.label === undefined ? node.name : undefined}
          placeholder={node.placeholder ?? "https://"}
          aria-required={node.required === true}
          value={textOf(field.value)}
          onChange={(event) => field.set(event.target.value.trim())}
        />
      )}
    </FieldFrame>
  );
}

type NamedNode = { name?: string; setting?: string; label?: string; required?: boolean };

const fieldParts = ({ name, setting, label, required }: NamedNode) => ({ name, setting, label, isRequired: required });
const frameParts = ({ label, required }: NamedNode) => ({ label, isRequired: required });
