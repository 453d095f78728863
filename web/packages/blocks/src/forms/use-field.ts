import { useEffect, useEffectEvent, useId } from "react";
import { useForm } from "./form.tsx";

type FieldParts = {
  name?: string | undefined;
  setting?: string | undefined;
  label?: string | undefined;
  isRequired?: boolean | undefined;
  first: unknown;
  check?: ((value: unknown) => string | null) | undefined;
};

export type FieldState = {
  value: unknown;
  set: (value: unknown) => void;
  error: string | null;
  /** Bound to a setting, which this page cannot read or write yet. */
  isSetting: boolean;
};

/** A field of the form around it. One without a name keeps its value to itself. */
export function useField({ name, setting, label, isRequired, first, check }: FieldParts): FieldState {
  const form = useForm();
  const ownName = useId();
  const key = name ?? ownName;
  const isSetting = setting !== undefined;
  const isSent = name !== undefined && !isSetting;
  const register = useEffectEvent(() =>
    form.register(key, first, {
      isRequired: isRequired === true,
      label: label ?? "",
      ...(check ? { check } : {}),
    }),
  );
  useEffect(() => (isSent ? register() : undefined), [key, isSent]);
  return {
    value: form.values[key] ?? first,
    set: (value) => form.set(key, value),
    error: form.problems[key] ?? null,
    isSetting,
  };
}
