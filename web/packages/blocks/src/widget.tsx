/** Draws a tree of `cpsl.ui` widgets. What is unknown or broken is shown as folded JSON, never as an empty page. */
import { Component, use, type ComponentType, type ReactNode } from "react";
import { FormContext, FormProvider } from "./forms/form.tsx";
import { HostContext, type WidgetHost } from "./host.ts";
import { REGISTRY } from "./registry.ts";
import type { WidgetNode } from "./types.ts";

type WidgetProps = {
  /** A widget in its wire form; anything else is shown as JSON. */
  node: unknown;
  host?: WidgetHost;
};

const NO_HOST: WidgetHost = {};

export function Widget({ node, host = NO_HOST }: WidgetProps) {
  const hasForm = use(FormContext) !== null;
  const tree = <WidgetPart node={node} />;
  return <HostContext value={host}>{hasForm ? tree : <FormProvider>{tree}</FormProvider>}</HostContext>;
}

/** One node of a tree; widgets draw their children with it. */
export function WidgetPart({ node }: { node: unknown }) {
  const renderer = isWidget(node) ? (REGISTRY[node.type] as ComponentType<{ node: WidgetNode }>) : null;
  if (!renderer || !isWidget(node)) return <FoldedJson value={node} />;
  const Renderer = renderer;
  return (
    <Boundary fallback={<FoldedJson value={node} />}>
      <Renderer node={node} />
    </Boundary>
  );
}

export function WidgetParts({ nodes }: { nodes: unknown }) {
  // A tree has no ids: its order is what tells one child from another.
  return Array.isArray(nodes) ? nodes.map((node: unknown, index) => <WidgetPart key={index} node={node} />) : null;
}

/** True for an object whose `type` names a widget; its other keys are not checked. */
export function isWidget(value: unknown): value is WidgetNode {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    Object.hasOwn(REGISTRY, value.type)
  );
}

export function FoldedJson({ value }: { value: unknown }) {
  const name =
    typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"
      ? value.type
      : "Data";
  return (
    <details className="rounded-lg border bg-surface px-3 py-2 text-sm" data-testid="unknown-widget">
      <summary className="rounded-sm text-ink-soft">{name}</summary>
      <pre className="mt-2 max-h-96 overflow-auto font-mono text-xs" tabIndex={0}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

type BoundaryProps = { fallback: ReactNode; children: ReactNode };

class Boundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
