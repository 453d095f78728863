export { CHART_COLORS } from "./chart/colors.ts";
export { Icon } from "./icon.tsx";
export { InlineMarkdown } from "./inline-markdown.tsx";
export { safeLink, safeMedia } from "./safe-url.ts";
export { FoldedJson, isWidget, Widget } from "./widget.tsx";
export type { UploadedFile, WidgetHost } from "./host.ts";
export type * from "./types.ts";
