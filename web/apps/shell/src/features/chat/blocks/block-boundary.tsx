import { Component, type ReactNode } from "react";

type BlockBoundaryProps = { fallback: ReactNode; children: ReactNode };

/** What apps send can be anything; one element that cannot be drawn does not take the page with it. */
export class BlockBoundary extends Component<BlockBoundaryProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
