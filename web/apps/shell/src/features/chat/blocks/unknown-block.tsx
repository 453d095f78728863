import type { BlockProps } from "./block-view.tsx";

export function UnknownBlock({ item }: BlockProps) {
  return (
    <details className="rounded-lg border bg-surface px-3 py-2 text-sm">
      <summary className="rounded-sm text-ink-soft">{item.type}</summary>
      <pre className="mt-2 max-h-96 overflow-auto font-mono text-xs" tabIndex={0}>
        {JSON.stringify(item.payload, null, 2)}
      </pre>
    </details>
  );
}
