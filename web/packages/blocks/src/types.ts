/** The wire forms of `cpsl.ui` widgets: what `to_dict()` of each gives. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Payload = Record<string, unknown>;

/** What a click does; `payload` goes with a workflow and starts it at once. */
export type ClickTarget = {
  target?: "prompt" | "workflow" | "page";
  value?: string;
  payload?: Payload;
};

type Parent = { children?: WidgetNode[] };
export type Size = number | string;

export type PageNode = { type: "page"; children: WidgetNode[] };
export type RowNode = {
  type: "row";
  children: WidgetNode[];
  columns?: Size[];
  min_widths?: Size | Size[];
  gap?: Size;
  fill?: boolean;
  align?: "start" | "center" | "end" | "stretch";
};
export type ColumnNode = {
  type: "column";
  children: WidgetNode[];
  width?: Size;
  flex?: Size;
  rows?: Size[];
  gap?: Size;
  fill?: boolean;
};
export type CardNode = Parent & { type: "card"; title?: string; icon?: string; bordered?: boolean };
export type DividerNode = { type: "divider" };
export type TextNode = { type: "text"; content: string; style?: string };

export type MetricFormat = "number" | "currency" | "percent";
export type MetricNode = {
  type: "metric";
  label: string;
  data?: string;
  field?: string;
  value?: Json;
  format?: MetricFormat;
};
export type ChartType = "line" | "bar" | "pie" | "scatter" | "area";
export type ChartNode = { type: "chart"; chart_type: ChartType; data?: string; x?: string; y?: string };

export type ColumnType =
  | "text"
  | "number"
  | "currency"
  | "date"
  | "link"
  | "file"
  | "email"
  | "status"
  | "tags"
  | "boolean"
  | "score";
export type ColumnSpec = { key: string; type?: ColumnType; label?: string; format?: string };
export type TableRow = Record<string, unknown>;
export type TableNode = {
  type: "table";
  collection?: string;
  collection_ref?: string;
  data?: string;
  rows?: TableRow[];
  columns?: (string | ColumnSpec)[];
  label?: string;
  scope?: string;
  sortable?: boolean;
  filterable?: boolean;
  paginate?: number;
  editable?: boolean;
  reorderable?: boolean;
  import_url?: string;
  import_page?: string;
};
export type TableGroupNode = { type: "table_group"; label: string; items: (TableNode | TableGroupNode)[] };
export type TableBrowserNode = { type: "table_browser"; items: (TableNode | TableGroupNode)[]; title?: string };

export type ImageItem = ClickTarget & { src: string; alt?: string; caption?: string; aspect_ratio?: string };
export type ImageNode = ImageItem & { type: "image" };
export type ImageGalleryNode = {
  type: "image_gallery";
  images: ImageItem[];
  data?: string;
  title?: string;
  columns?: number;
};
export type VideoItem = {
  src: string;
  controls?: boolean;
  poster?: string;
  title?: string;
  caption?: string;
  autoplay?: boolean;
  loop?: boolean;
  muted?: boolean;
  width?: Size;
  aspect_ratio?: string;
};
export type VideoNode = VideoItem & { type: "video" };
export type VideoGalleryNode = {
  type: "video_gallery";
  videos: VideoItem[];
  data?: string;
  title?: string;
  columns?: number;
};

type CardParts = ClickTarget & {
  label: string;
  description?: string;
  icon?: string;
  image?: string;
  primary?: boolean;
};
export type ActionCardNode = CardParts & { type: "action_card" };
export type GalleryCardNode = CardParts & { type: "gallery_card" };
export type ButtonNode = {
  type: "button";
  label: string;
  target?: "action";
  value?: string;
  payload?: Payload;
  primary?: boolean;
};

type FieldParts = { label?: string; name?: string; setting?: string; required?: boolean };
type NamedField = { name: string; label?: string; required?: boolean };
export type ToggleNode = { type: "toggle"; label: string; setting: string };
export type TextInputNode = FieldParts & { type: "text_input"; multiline?: boolean; placeholder?: string };
export type NumberInputNode = FieldParts & { type: "number_input"; min?: number; max?: number; step?: number };
export type SelectNode = FieldParts & { type: "select"; options?: string[]; default?: string };
export type TextAreaNode = NamedField & { type: "text_area"; placeholder?: string; rows?: number };
export type FileInputNode = NamedField & { type: "file_input"; accept?: string[]; multiple?: boolean };
export type ImageInputNode = NamedField & { type: "image_input"; multiple?: boolean };
export type UrlInputNode = NamedField & { type: "url_input"; placeholder?: string };
export type UrlListInputNode = { type: "url_list_input"; name: string; label?: string; placeholder?: string };
export type CheckboxGroupNode = {
  type: "checkbox_group";
  name: string;
  label?: string;
  options?: string[];
  default?: string[];
};

export type WorkflowShellNode = Parent & { type: "workflow_shell"; title?: string };
export type FormSectionNode = Parent & { type: "form_section"; label?: string };
export type ActionBarNode = Parent & { type: "action_bar" };
export type SubmitButtonNode = { type: "submit_button"; label: string; action: string; primary?: boolean };

export type RunStatusNode = { type: "run_status" };
export type RunListNode = { type: "run_list"; empty_message: string };
export type EmptyStateNode = { type: "empty_state"; message?: string; icon?: string };
export type TaskBoardNode = {
  type: "task_board";
  refresh_ms: number;
  title?: string;
  filter?: Record<string, unknown>;
  columns?: { label: string; statuses: string[] }[];
};
export type FileBrowserNode = {
  type: "file_browser";
  mount: string;
  path: string;
  scope: string;
  allow_upload: boolean;
  allow_delete: boolean;
  allow_rename: boolean;
  allow_mkdir: boolean;
  fill: boolean;
  title?: string;
};
export type ChatPanelNode = {
  type: "chat_panel";
  show_header: boolean;
  title?: string;
  placeholder?: string;
  height?: number;
};

export type WidgetNode =
  | PageNode
  | RowNode
  | ColumnNode
  | CardNode
  | DividerNode
  | TextNode
  | MetricNode
  | ChartNode
  | TableNode
  | TableGroupNode
  | TableBrowserNode
  | ImageNode
  | ImageGalleryNode
  | VideoNode
  | VideoGalleryNode
  | ActionCardNode
  | GalleryCardNode
  | ButtonNode
  | ToggleNode
  | TextInputNode
  | NumberInputNode
  | SelectNode
  | TextAreaNode
  | FileInputNode
  | ImageInputNode
  | UrlInputNode
  | UrlListInputNode
  | CheckboxGroupNode
  | WorkflowShellNode
  | FormSectionNode
  | ActionBarNode
  | SubmitButtonNode
  | RunStatusNode
  | RunListNode
  | EmptyStateNode
  | TaskBoardNode
  | FileBrowserNode
  | ChatPanelNode;

export type WidgetType = WidgetNode["type"];
export type NodeOf<Type extends WidgetType> = Extract<WidgetNode, { type: Type }>;
