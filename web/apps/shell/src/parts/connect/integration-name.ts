const NAMES: Record<string, string> = {
  google: "Google",
  gmail: "Gmail",
  gcal: "Google Calendar",
  gdrive: "Google Drive",
  outlook: "Outlook",
  github: "GitHub",
  linear: "Linear",
  aws: "AWS",
  tailscale: "Tailscale",
};

/** `github` → `GitHub`, `acme_crm` → `Acme crm`. */
export function integrationName(type: string): string {
  const plain = type.replaceAll(/[_-]+/g, " ");
  return NAMES[type] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}
