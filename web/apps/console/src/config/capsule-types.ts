/** The types of capsules this console knows, as people read them. */
import type { CapsuleType } from "@capsule/api";
import { Bot, Container, HardDrive, MessageSquareText, PanelsTopLeft, Server, type LucideIcon } from "lucide-react";

export type CapsuleTypeInfo = { type: CapsuleType; name: string; hint: string; icon: LucideIcon; tint: string };

export const CAPSULE_TYPES: readonly CapsuleTypeInfo[] = [
  {
    type: "app",
    name: "App",
    hint: "A Python app or AI agent written with cpsl, with a chat page",
    icon: MessageSquareText,
    tint: "bg-accent-soft text-accent-text",
  },
  {
    type: "backend",
    name: "Backend",
    hint: "A web server or API in Python or Node",
    icon: Server,
    tint: "bg-busy-soft text-busy-text",
  },
  {
    type: "frontend",
    name: "Frontend",
    hint: "A static site, plain or built with npm",
    icon: PanelsTopLeft,
    tint: "bg-warn-soft text-warn-text",
  },
  {
    type: "agent",
    name: "Agent",
    hint: "An AI agent with its own chat API, in Python or Node",
    icon: Bot,
    tint: "bg-good-soft text-good-text",
  },
  {
    type: "docker",
    name: "Docker",
    hint: "Anything with a Dockerfile, or a public image",
    icon: Container,
    tint: "bg-busy-soft text-busy-text",
  },
  {
    type: "storage",
    name: "Storage",
    hint: "Files that outlive restarts and that apps share",
    icon: HardDrive,
    tint: "bg-hover text-ink-soft",
  },
];

export const typeInfo = (type: CapsuleType): CapsuleTypeInfo =>
  CAPSULE_TYPES.find((info) => info.type === type) ?? {
    type,
    name: type,
    hint: "",
    icon: Server,
    tint: "bg-hover text-ink-soft",
  };
