import { useMemo, useState } from "react";
import { buttonStyle, Skeleton } from "@capsule/ui";
import { Upload } from "lucide-react";
import type { NodeOf, TableRow } from "../types.ts";
import { DataProblem, Unavailable } from "../unavailable.tsx";
import { isRecord, recordsOf, useData } from "../use-data.ts";
import { columnsOf, humanise } from "./columns.ts";
import type { Sort } from "./rows.ts";
import { TableView, type ServerPages } from "./table-view.tsx";

const PER_PAGE = 50;

type TableProps = { node: NodeOf<"table"> };

export function TableWidget({ node }: TableProps) {
  return (
    <div className="min-w-0 space-y-2" data-widget="table">
      {node.import_url?.startsWith("#/") === true && (
        <a href={node.import_url} className={buttonStyle({ size: "sm" })}>
          <Upload aria-hidden /> Import
        </a>
      )}
      <Source node={node} />
    </div>
  );
}

function Source({ node }: TableProps) {
  const label = tableLabel(node);
  if (Array.isArray(node.rows)) {
    return <Rows node={node} rows={recordsOf(node.rows)} />;
  }
  if (node.data !== undefined) return <DataTable node={node} name={node.data} />;
  return (
    <section aria-label={label} className="space-y-2">
      {label !== undefined && <h3 className="text-sm font-semibold">{label}</h3>}
      <Unavailable />
    </section>
  );
}

/** What a table is called: its label, else the name of its collection. */
export function tableLabel(node: NodeOf<"table">): string | undefined {
  const collection = node.collection ?? node.collection_ref;
  return node.label ?? (collection === undefined ? undefined : humanise(collection));
}

type RowsProps = TableProps & { rows: readonly TableRow[]; server?: ServerPages; isLoading?: boolean };

function Rows({ node, rows, ...more }: RowsProps) {
  const columns = useMemo(() => columnsOf(node.columns, rows), [node.columns, rows]);
  return (
    <TableView
      rows={rows}
      columns={columns}
      label={tableLabel(node)}
      isSortable={node.sortable === true}
      isFilterable={node.filterable === true}
      paginate={node.paginate ?? 0}
      {...more}
    />
  );
}

/** Rows of a data handler: a list, or one page of `{data, total, page, per_page}`. */
function DataTable({ node, name }: TableProps & { name: string }) {
  const [page, setPage] = useState(1);
  const [sort, setSort] = useState<Sort | null>(null);
  const params = {
    page: String(page),
    per_page: String(node.paginate ?? PER_PAGE),
    ...(sort ? { sort: sort.key, sort_dir: sort.isDescending ? "desc" : "asc" } : {}),
  };
  const state = useData(name, params);
  const value = state.status === "ready" || state.status === "loading" ? state.value : undefined;
  const rows = useMemo(() => recordsOf(value), [value]);
  if (state.status === "unavailable") return <Unavailable />;
  if (state.status === "failed") return <DataProblem error={state.error} onRetry={state.refresh} />;
  if (value === undefined) return <Skeleton className="h-40 w-full" />;
  const total = isRecord(value) && typeof value["total"] === "number" ? value["total"] : rows.length;
  const isCut = total > rows.length;
  const perPage = isRecord(value) && typeof value["per_page"] === "number" ? value["per_page"] : PER_PAGE;
  const server = { page, total, perPage: Math.max(1, perPage), sort, onPage: setPage, onSort: setSort };
  return <Rows node={node} rows={rows} isLoading={state.status === "loading"} {...(isCut ? { server } : {})} />;
}
