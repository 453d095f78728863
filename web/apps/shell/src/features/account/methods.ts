import type { AppAccess } from "@capsule/api";

export type Methods = { hasPassword: boolean; hasMagicLink: boolean; oidc: string[] };

/** `["password", "oidc:google"]` taken apart. */
export function methodsOf(access: AppAccess | undefined): Methods {
  const methods = access?.methods ?? [];
  return {
    hasPassword: methods.includes("password"),
    hasMagicLink: methods.includes("magic_link"),
    oidc: methods.flatMap((method) => (method.startsWith("oidc:") ? [method.slice("oidc:".length)] : [])),
  };
}

/** `google` → `Google`. */
export const providerName = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, " ");
