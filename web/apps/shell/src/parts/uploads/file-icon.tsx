import { File, FileArchive, FileAudio, FileCode, FileImage, FileSpreadsheet, FileText, FileVideo } from "lucide-react";

const KINDS: [RegExp, typeof File][] = [
  [/^image\//, FileImage],
  [/^video\//, FileVideo],
  [/^audio\//, FileAudio],
  [/csv|sheet|excel/, FileSpreadsheet],
  [/zip|tar|gzip|compressed/, FileArchive],
  [/json|xml|javascript|python/, FileCode],
  [/^text\/|pdf|word|document/, FileText],
];

export function FileIcon({ contentType, className }: { contentType: string; className?: string }) {
  const Icon = KINDS.find(([pattern]) => pattern.test(contentType))?.[1] ?? File;
  return <Icon className={className} aria-hidden />;
}
