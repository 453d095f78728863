/** Files that somebody dropped or chose, as one archive. Knows the browser's file APIs, no React. */
import { ProblemError } from "@capsule/api";
import { zip } from "./zip.ts";

/** A file with its path below the folder that was chosen. */
export type SourceFile = { path: string; file: File };

/** Names that are never sent, at any depth; the command line leaves out the same. */
const NEVER = new Set([
  ".git", ".venv", "venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", "node_modules",
  ".DS_Store", ".idea", ".vscode", ".env.local", ".envrc", ".next", ".capsuleignore", ".capsule",
]); // prettier-ignore
const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 1024 ** 2;

export const isSent = (path: string): boolean => !path.endsWith(".pyc") && !path.split("/").some((name) => NEVER.has(name));

const isArchive = ({ path }: SourceFile): boolean => /^[^/]+\.(zip|tar\.gz|tgz)$/i.test(path);

/** What is sent: an archive as it is, everything else packed. Its name is the folder's or the archive's. */
export async function archiveOf(files: SourceFile[]): Promise<{ name: string; archive: Blob }> {
  const [first] = files;
  if (first !== undefined && files.length === 1 && isArchive(first)) return { name: first.path, archive: first.file };
  const sent = files.filter(({ path }) => isSent(path));
  if (sent.length === 0) throw refused("There is nothing to send in it.", "Choose the folder with your code.");
  const bytes = sent.reduce((sum, { file }) => sum + file.size, 0);
  if (sent.length > MOST_FILES || bytes > MOST_BYTES) {
    throw refused("This folder is too large for the browser.", "Deploy it with the command line instead: capsule deploy <folder>");
  }
  const { name, below } = withoutRoot(sent);
  return { name, archive: await zip(below) };
}

const refused = (detail: string, hint: string): ProblemError => new ProblemError({ code: "upload_refused", detail, hint }, 422);

/** A chosen folder comes with its own name before every path. */
function withoutRoot(files: SourceFile[]): { name: string; below: SourceFile[] } {
  const root = files[0]?.path.split("/")[0] ?? "";
  if (!files.every(({ path }) => path.startsWith(`${root}/`))) return { name: `${String(files.length)} files`, below: files };
  return { name: root, below: files.map(({ path, file }) => ({ path: path.slice(root.length + 1), file })) };
}

export const pickedFiles = (files: File[]): SourceFile[] =>
  files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Takes what was dropped now; the answer reads its folders. */
export function droppedFiles(transfer: DataTransfer): () => Promise<SourceFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return async () => (await Promise.all(entries.map((entry) => filesBelow(entry, "")))).flat();
}

async function filesBelow(entry: FileSystemEntry, folder: string): Promise<SourceFile[]> {
  const path = `${folder}${entry.name}`;
  if (!isSent(path)) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: SourceFile[] = [];
  // A reader answers in pieces of a hundred, and with nothing at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    found.push(...(await Promise.all(entries.map((child) => filesBelow(child, `${path}/`)))).flat());
  }
}
