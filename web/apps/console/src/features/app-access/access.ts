/** Who may use an app, in words and as the form edits it. */
import type { AccessRules, Capsule, OidcProvider } from "@capsule/api";

/** What an app without rules of its own has. */
const DEFAULT: AccessRules = { anonymous: true, sign_up: true, password: true, magic_link: true, oidc: [], domains: [] };

export const accessOf = (capsule: Capsule): AccessRules => capsule.config.access ?? DEFAULT;

type Switch = "anonymous" | "sign_up" | "password" | "magic_link";

export const SWITCHES: readonly { name: Switch; label: string; hint: string }[] = [
  {
    name: "anonymous",
    label: "Visitors without an account",
    hint: "Anyone who knows the address may use the app. What they say stays with their browser until they sign in.",
  },
  {
    name: "sign_up",
    label: "New accounts",
    hint: "People may make an account by themselves. Those who have one may sign in either way.",
  },
  { name: "password", label: "E-mail and password", hint: "People may sign in with a password of their own." },
  {
    name: "magic_link",
    label: "Link by e-mail",
    hint: "People may sign in with a link that is mailed to them. This needs the installation’s mail server.",
  },
];

/** How people sign in, as one would say it. */
export function signInWords({ password, magic_link: link, oidc }: AccessRules): string {
  const ways = [
    ...(password ? ["password"] : []),
    ...(link ? ["link by e-mail"] : []),
    ...oidc.map(({ label, name }) => label || name),
  ];
  return ways.length === 0 ? "no way" : ways.join(", ");
}

/** True when the rules let nobody in who is not in already. */
export const isShut = ({ anonymous, password, magic_link: link, oidc }: AccessRules): boolean =>
  !anonymous && !password && !link && oidc.length === 0;

export type ProviderRow = OidcProvider & { id: number };

export const rowsOf = (oidc: readonly OidcProvider[]): ProviderRow[] => oidc.map((provider, id) => ({ ...provider, id }));

export const nextRow = (rows: readonly ProviderRow[]): ProviderRow => ({
  id: Math.max(-1, ...rows.map((row) => row.id)) + 1,
  name: "",
  issuer: "",
  client_id: "",
  client_secret_name: "",
  label: "",
});

export const providersOf = (rows: readonly ProviderRow[]): OidcProvider[] =>
  rows.map(({ name, issuer, client_id, client_secret_name, label }) => ({
    name: name.trim(),
    issuer: issuer.trim(),
    client_id: client_id.trim(),
    client_secret_name: client_secret_name.trim(),
    label: label.trim(),
  }));

/** One domain to a line, or between commas. */
export const domainsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

export type RowProblems = Partial<Record<keyof OidcProvider, string>>;

/** What the server would refuse, in words that fit the form; by the row's id. */
export function problemsOf(rows: readonly ProviderRow[]): ReadonlyMap<number, RowProblems> {
  const found = rows.map((row): [number, RowProblems] => {
    const name = row.name.trim();
    const isTwice = rows.some((other) => other.id !== row.id && other.name.trim() === name);
    return [
      row.id,
      {
        ...(/^[a-z0-9][a-z0-9-]{0,39}$/.test(name) ? {} : { name: "Small letters, digits and “-”, 40 at most." }),
        ...(isTwice && name !== "" ? { name: "Another provider has this name." } : {}),
        ...(/^https?:\/\/[^\s?#]+$/.test(row.issuer.trim()) ? {} : { issuer: "An address such as https://accounts.example.com." }),
        ...(row.client_id.trim() === "" ? { client_id: "The provider gives you one." } : {}),
      },
    ];
  });
  return new Map(found.filter(([, problems]) => Object.keys(problems).length > 0));
}
