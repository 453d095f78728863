/** Marks the release, or what made it, that answers requests now. */
export const LiveMark = () => (
  <span className="rounded-full bg-good-soft px-1.5 text-2xs font-medium text-good-text">live</span>
);
