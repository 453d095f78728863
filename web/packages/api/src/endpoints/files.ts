import { API_ROOT, path, request, withQuery } from "../client.ts";
import type { FileEntry, Items, StorageUsage } from "../types.ts";

export const listFiles = (capsule: string, folder: string): Promise<Items<FileEntry>> =>
  request("GET", path("/capsules/{}/files", capsule), { query: { path: folder } });
export const readStorageUsage = (capsule: string): Promise<StorageUsage> =>
  request("GET", path("/capsules/{}/files/usage", capsule));
export const uploadFile = (capsule: string, target: string, file: File): Promise<FileEntry> =>
  request("PUT", path("/capsules/{}/files", capsule), {
    query: { path: target },
    body: file,
    headers: { "Content-Type": file.type || "application/octet-stream" },
  });
export const deleteFile = (capsule: string, target: string): Promise<void> =>
  request("DELETE", path("/capsules/{}/files", capsule), { query: { path: target } });
export const fileUrl = (capsule: string, target: string): string =>
  withQuery(API_ROOT + path("/capsules/{}/files/content", capsule), { path: target });
