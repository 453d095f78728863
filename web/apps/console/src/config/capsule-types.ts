/** The types of capsules this console knows, as people read them. */
import type { CapsuleType } from "@capsule/api";
import { Bot, Container, HardDrive, MessageSquareText, PanelsTopLeft, Server, type LucideIcon } from "lucide-react";

export type CapsuleTypeInfo = {
  type: CapsuleType;
  name: string;
  hint: string;
  icon: LucideIcon;
  tint: string;
  /** What people search for who do not know the name. */
  words: string;
};

export const CAPSULE_TYPES: readonly CapsuleTypeInfo[] = [
  {
    type: "app",
    name: "App",
    hint: "A Python app or AI agent written with cpsl, with a chat page",
    icon: MessageSquareText,
    tint: "bg-accent-soft text-accent-text",
    words: "cpsl chat agent ai llm python bot",
  },
  {
    type: "backend",
    name: "Backend",
    hint: "A web server, API or worker in Python, Node, Go, Java, PHP or Ruby",
    icon: Server,
    tint: "bg-busy-soft text-busy-text",
    words: "server api worker queue python django flask fastapi node express java go php ruby",
  },
  {
    type: "frontend",
    name: "Frontend",
    hint: "A static site, plain or built with npm",
    icon: PanelsTopLeft,
    tint: "bg-warn-soft text-warn-text",
    words: "website static html react vue angular svelte vite spa",
  },
  {
    type: "agent",
    name: "Agent",
    hint: "An AI agent with its own chat API, in the languages of a backend",
    icon: Bot,
    tint: "bg-good-soft text-good-text",
    words: "ai llm chat bot python node",
  },
  {
    type: "docker",
    name: "Docker",
    hint: "Anything with a Dockerfile, or a public image",
    icon: Container,
    tint: "bg-busy-soft text-busy-text",
    words: "dockerfile container image registry",
  },
  {
    type: "storage",
    name: "Storage",
    hint: "Files that outlive restarts and that apps share",
    icon: HardDrive,
    tint: "bg-hover text-ink-soft",
    words: "files disk volume webdav persistent",
  },
];

export const typeInfo = (type: CapsuleType): CapsuleTypeInfo =>
  CAPSULE_TYPES.find((info) => info.type === type) ?? {
    type,
    name: type,
    hint: "",
    icon: Server,
    tint: "bg-hover text-ink-soft",
    words: "",
  };

/** Types in which every typed word occurs; those whose name begins with it come first. */
export function matchTypes(search: string): CapsuleTypeInfo[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = CAPSULE_TYPES.filter(({ name, hint, words: more }) => {
    const text = `${name} ${hint} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const begins = ({ name }: CapsuleTypeInfo): number => (name.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return matches.toSorted((a, b) => begins(a) - begins(b));
}
