/** The values of the named fields of one form: of a page, a launcher of a workflow, or a block in the chat. */
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { useHost } from "../host.ts";

type Rule = { isRequired: boolean; label: string; check?: (value: unknown) => string | null };

export type Form = {
  values: Readonly<Record<string, unknown>>;
  problems: Readonly<Record<string, string>>;
  set: (name: string, value: unknown) => void;
  /** Make a field known; returns how to forget it. */
  register: (name: string, first: unknown, rule: Rule) => () => void;
  /** Checks, then sends; what is wrong is shown beside the fields. */
  submit: (action: string) => void;
  canSubmit: (action: string) => boolean;
};

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = use(FormContext);
  if (!form) throw new Error("A field outside a form.");
  return form;
}

export function FormProvider({ children }: { children: ReactNode }) {
  const { submitForm, startWorkflow, runAction, workflow } = useHost();
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [rules] = useState(() => new Map<string, Rule>());

  const set = useCallback((name: string, value: unknown): void => {
    setValues((before) => ({ ...before, [name]: value }));
    setProblems((before) => Object.fromEntries(Object.entries(before).filter(([key]) => key !== name)));
  }, []);
  const register = useCallback(
    (name: string, first: unknown, rule: Rule) => {
      rules.set(name, rule);
      setValues((before) => (name in before ? before : { ...before, [name]: first }));
      return () => void rules.delete(name);
    },
    [rules],
  );

  const form = useMemo((): Form => {
    const send = (action: string): (() => void) | null => {
      if (submitForm) return () => submitForm(action, values);
      if (action !== "start") return runAction ? () => runAction(action, values) : null;
      return startWorkflow && workflow !== undefined ? () => startWorkflow(workflow, values) : null;
    };
    return {
      values,
      problems,
      set,
      register,
      canSubmit: (action) => send(action) !== null,
      submit: (action) => {
        const found = problemsOf(values, rules);
        setProblems(found);
        if (Object.keys(found).length === 0) send(action)?.();
      },
    };
  }, [values, problems, set, register, rules, submitForm, startWorkflow, runAction, workflow]);
  return <FormContext value={form}>{children}</FormContext>;
}

function problemsOf(values: Record<string, unknown>, rules: ReadonlyMap<string, Rule>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, rule] of rules) {
    const value = values[name];
    const isEmpty = value == null || value === "" || (Array.isArray(value) && value.length === 0);
    const problem = isEmpty ? (rule.isRequired ? `${rule.label || "This"} is needed.` : null) : (rule.check?.(value) ?? null);
    if (problem !== null) found[name] = problem;
  }
  return found;
}
