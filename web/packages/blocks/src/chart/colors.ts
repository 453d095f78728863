/** Colours of series, from the theme, so that they follow light and dark by themselves. */
export const CHART_COLORS = [
  "var(--accent)",
  "var(--apricot)",
  "var(--busy)",
  "var(--good)",
  "var(--bad)",
  "var(--warn)",
  "color-mix(in oklab, var(--accent) 50%, var(--bad))",
  "var(--idle)",
] as const;

export const colorAt = (index: number): string => CHART_COLORS[index % CHART_COLORS.length] ?? "var(--accent)";
