const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `512 B`, `3.4 KiB`, `120 MiB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}
