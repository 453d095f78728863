/** The CLI commands the console tells people to type. */
import type { CapsuleType } from "@capsule/api";

const quote = (word: string): string => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function deployCommand(type: CapsuleType, name: string, entry = "app.py:app"): string {
  const what = type === "app" ? [quote(entry || "app.py:app")] : [".", "--type", type];
  return ["capsule", "deploy", ...what, "--name", quote(name || "my-capsule")].join(" ");
}

export const serveCommand = (entry: string): string => `capsule serve ${quote(entry || "app.py:app")}`;
export const loginCommand = (server: string): string => `capsule login --server ${server}`;
export const chooseSpaceCommand = (space: string): string => `capsule space use ${quote(space)}`;
