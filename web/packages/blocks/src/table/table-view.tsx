import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { Button, cn, CopyButton, Input } from "@capsule/ui";
import { asNumber, formatNumber } from "../data/number-format.ts";
import type { TableRow } from "../types.ts";
import { Cell, isRightAligned } from "./cell.tsx";
import type { Column } from "./columns.ts";
import { filterRows, sortRows, toCsv, type Sort } from "./rows.ts";

/** Pages that the server cuts; without it the rows are all there are. */
export type ServerPages = {
  page: number;
  total: number;
  perPage: number;
  sort: Sort | null;
  onPage: (page: number) => void;
  onSort: (sort: Sort | null) => void;
};

type TableViewProps = {
  rows: readonly TableRow[];
  columns: readonly Column[];
  label: string | undefined;
  isSortable: boolean;
  isFilterable: boolean;
  /** Rows of a page; 0: all of them. */
  paginate: number;
  server?: ServerPages;
  isLoading?: boolean;
};

const MOST_ROWS_AT_ONCE = 200;

export function TableView({ rows, columns, label, isSortable, isFilterable, paginate, server, isLoading }: TableViewProps) {
  const [ownSort, setOwnSort] = useState<Sort | null>(null);
  const [words, setWords] = useState("");
  const [ownPage, setOwnPage] = useState(1);
  const sort = server ? server.sort : ownSort;
  const found = useMemo(() => {
    if (server) return [...rows];
    return sortRows(filterRows(rows, columns, words), ownSort);
  }, [server, rows, columns, words, ownSort]);
  const perPage = server?.perPage ?? (paginate > 0 ? paginate : MOST_ROWS_AT_ONCE);
  const total = server?.total ?? found.length;
  const pages = Math.max(1, Math.ceil(total / perPage));
  const page = Math.min(server?.page ?? ownPage, pages);
  const shown = server ? found : found.slice((page - 1) * perPage, page * perPage);
  const toPage = server?.onPage ?? setOwnPage;
  const scoreTops = useMemo(() => topsOf(columns, rows), [columns, rows]);

  const changeSort = (key: string): void => {
    const next = sort?.key !== key ? { key, isDescending: false } : sort.isDescending ? null : { key, isDescending: true };
    toPage(1);
    if (server) server.onSort(next);
    else setOwnSort(next);
  };

  return (
    <section className="min-w-0 overflow-hidden rounded-lg border bg-surface shadow-soft" aria-label={label ?? "Table"}>
      <header className="flex min-h-10 flex-wrap items-center gap-2 border-b px-3 py-1.5">
        {label === undefined ? (
          <p className="flex-1 text-xs text-ink-faint">{countOf(total)}</p>
        ) : (
          <h3 className="min-w-0 flex-1 truncate text-sm font-semibold">{label}</h3>
        )}
        {isFilterable && !server && (
          <span className="relative w-52 max-w-full max-sm:w-full">
            <Search className="pointer-events-none absolute top-2 left-2 size-3.5 text-ink-faint" aria-hidden />
            <Input
              type="search"
              aria-label="Filter the rows"
              placeholder="Filter"
              className="h-7.5 pl-7"
              value={words}
              onChange={(event) => {
                setWords(event.target.value);
                setOwnPage(1);
              }}
            />
          </span>
        )}
        <CopyButton text={toCsv(found, columns)} label="Copy as CSV" />
      </header>
      <div className="max-h-[32rem] overflow-auto" tabIndex={0} role="region" aria-label={`${label ?? "Table"}, rows`}>
        <table className={cn("w-full border-collapse text-left text-sm", isLoading === true && "opacity-60")}>
          <thead className="sticky top-0 z-1 bg-sunken text-xs">
            <tr>
              {columns.map((column) => (
                <Head key={column.key} column={column} sort={sort} {...(isSortable ? { onSort: changeSort } : {})} />
              ))}
            </tr>
          </thead>
          <tbody className="divide-y divide-line/60">
            {shown.map((row, index) => (
              <tr key={rowKey(row, index)} className="hover:bg-hover/50">
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={cn("max-w-96 min-w-16 px-3 py-2 align-top", isRightAligned(column) && "text-right")}
                  >
                    <Cell value={row[column.key]} column={column} scoreTop={scoreTops.get(column.key) ?? 100} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && (
          <p className="px-4 py-8 text-center text-sm text-ink-faint">
            {rows.length === 0 ? "No rows yet" : "No row has these words"}
          </p>
        )}
      </div>
      {pages > 1 && <Pages page={page} pages={pages} total={total} onPage={toPage} />}
    </section>
  );
}

type HeadProps = { column: Column; sort: Sort | null; onSort?: (key: string) => void };

function Head({ column, sort, onSort }: HeadProps) {
  const isSorted = sort?.key === column.key;
  const Arrow = isSorted && sort.isDescending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (sort.isDescending ? "descending" : "ascending") : undefined}
      className={cn("px-3 py-2 font-medium whitespace-nowrap text-ink-soft", isRightAligned(column) && "text-right")}
    >
      {onSort ? (
        <button
          type="button"
          className="group inline-flex items-center gap-1 rounded-sm hover:text-ink"
          onClick={() => onSort(column.key)}
        >
          {column.label}
          <Arrow className={cn("size-3", !isSorted && "opacity-0 group-hover:opacity-40")} aria-hidden />
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

function Pages({ page, pages, total, onPage }: { page: number; pages: number; total: number; onPage: (page: number) => void }) {
  return (
    <footer className="flex items-center justify-end gap-1 border-t px-3 py-1.5 text-xs text-ink-faint">
      <span className="mr-auto">{countOf(total)}</span>
      <Button tone="quiet" size="icon-sm" aria-label="Page before" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        <ChevronLeft />
      </Button>
      <span aria-live="polite" className="tabular-nums">
        {page} of {pages}
      </span>
      <Button tone="quiet" size="icon-sm" aria-label="Next page" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        <ChevronRight />
      </Button>
    </footer>
  );
}

const countOf = (total: number): string => (total === 1 ? "1 row" : `${formatNumber(total)} rows`);

function topsOf(columns: readonly Column[], rows: readonly TableRow[]): Map<string, number> {
  const tops = new Map<string, number>();
  for (const { key, type } of columns) {
    if (type !== "score") continue;
    const highest = Math.max(0, ...rows.map((row) => asNumber(row[key]) ?? 0));
    tops.set(key, [1, 10, 100].find((top) => highest <= top) ?? highest);
  }
  return tops;
}

function rowKey(row: TableRow, index: number): string {
  const id = row["_id"] ?? row["id"];
  return typeof id === "string" || typeof id === "number" ? `${String(id)} ${String(index)}` : String(index);
}
