/** Which component draws which widget: one entry for every node of `types.ts`. */
import type { ComponentType } from "react";
import { ChartView } from "./chart/chart.tsx";
import { MetricView } from "./data/metric.tsx";
import {
  CheckboxGroupView,
  NumberInputView,
  SelectView,
  TextAreaView,
  TextInputView,
  ToggleView,
  UrlInputView,
} from "./forms/inputs.tsx";
import { ActionBarView, FormSectionView, SubmitButtonView, WorkflowShellView } from "./forms/shell.tsx";
import { FileInputView, ImageInputView } from "./forms/uploads.tsx";
import { UrlListInputView } from "./forms/url-list.tsx";
import {
  ChatPanelView,
  EmptyStateView,
  FileBrowserView,
  RunListView,
  RunStatusView,
  TaskBoardView,
} from "./later/later.tsx";
import { CardView, ColumnView, DividerView, PageView, RowView, TextView } from "./layout/layout.tsx";
import { ActionCardView, ButtonView, GalleryCardView } from "./media/cards.tsx";
import { ImageGalleryView } from "./media/image-gallery.tsx";
import { ImageView } from "./media/image.tsx";
import { VideoGalleryView, VideoView } from "./media/video.tsx";
import { TableBrowserView, TableGroupView } from "./table/table-browser.tsx";
import { TableWidget } from "./table/table.tsx";
import type { NodeOf, WidgetType } from "./types.ts";

type Registry = { readonly [Type in WidgetType]: ComponentType<{ node: NodeOf<Type> }> };

export const REGISTRY: Registry = {
  page: PageView,
  row: RowView,
  column: ColumnView,
  card: CardView,
  divider: DividerView,
  text: TextView,
  metric: MetricView,
  chart: ChartView,
  table: TableWidget,
  table_group: TableGroupView,
  table_browser: TableBrowserView,
  image: ImageView,
  image_gallery: ImageGalleryView,
  video: VideoView,
  video_gallery: VideoGalleryView,
  action_card: ActionCardView,
  gallery_card: GalleryCardView,
  button: ButtonView,
  toggle: ToggleView,
  text_input: TextInputView,
  number_input: NumberInputView,
  select: SelectView,
  text_area: TextAreaView,
  checkbox_group: CheckboxGroupView,
  url_input: UrlInputView,
  url_list_input: UrlListInputView,
  file_input: FileInputView,
  image_input: ImageInputView,
  submit_button: SubmitButtonView,
  form_section: FormSectionView,
  workflow_shell: WorkflowShellView,
  action_bar: ActionBarView,
  run_status: RunStatusView,
  run_list: RunListView,
  empty_state: EmptyStateView,
  task_board: TaskBoardView,
  file_browser: FileBrowserView,
  chat_panel: ChatPanelView,
};
