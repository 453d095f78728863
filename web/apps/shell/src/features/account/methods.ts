import type { AppAccess } from "@capsule/api";

export type Methods = { hasPassword: boolean; hasMagicLink: boolean; oidc: { name: string; label: string }[] };

/** `["password", "oidc:google"]` taken apart. */
export function methodsOf(access: AppAccess | undefined): Methods {
  const methods = access?.methods ?? [];
  return {
    hasPassword: methods.includes("password"),
    hasMagicLink: methods.includes("magic_link"),
    oidc: methods.flatMap((method) => (method.startsWith("oidc:") ? [named(method.slice("oidc:".length), access)] : [])),
  };
}

function named(name: string, access: AppAccess | undefined): { name: string; label: string } {
  const known = access?.providers?.find((provider) => provider.name === name);
  return known ?? { name, label: name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, " ") };
}
