/** Packs files into a zip archive without compressing them: the way to the server is short, code is small. */

type Entry = { path: string; file: Blob };

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const UTF8_NAMES = 0x0800;
const MADE_ON_UNIX = 3 << 8;
const REGULAR_FILE = 0o100000;

/** At most 65535 files and 4 GiB, which is what the plain format can say. */
export async function zip(entries: Entry[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directorySize = 0;
  for (const { path, file } of entries) {
    const content = new Uint8Array(await file.arrayBuffer());
    const name = new TextEncoder().encode(path);
    const sums: Fields = [[4, crc32(content)], [4, content.length], [4, content.length]];
    const common: Fields = [[2, 20], [2, UTF8_NAMES], [2, 0], [2, 0], [2, 0x21], ...sums, [2, name.length], [2, 0]];
    const local = record(0x04034b50, common);
    const mode = REGULAR_FILE | (isScript(content) ? 0o755 : 0o644);
    const central = record(0x02014b50, [
      [2, MADE_ON_UNIX | 20],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, (mode << 16) >>> 0],
      [4, offset],
    ]);
    parts.push(local, name, content);
    directory.push(central, name);
    offset += local.length + name.length + content.length;
    directorySize += central.length + name.length;
  }
  const count = entries.length;
  const end = record(0x06054b50, [[2, 0], [2, 0], [2, count], [2, count], [4, directorySize], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** The browser does not tell whether a file may be executed. */
const isScript = (content: Uint8Array): boolean => content[0] === 0x23 && content[1] === 0x21;

/** Sizes in bytes with their values, written with the lowest byte first. */
type Fields = [size: 2 | 4, value: number][];

function record(signature: number, fields: Fields): Uint8Array<ArrayBuffer> {
  const all: Fields = [[4, signature], ...fields];
  const bytes = new Uint8Array(all.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of all) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}
