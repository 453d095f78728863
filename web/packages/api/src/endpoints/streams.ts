/** Addresses of the server's event streams, for `followEvents`. */
import { API_ROOT, path, withQuery } from "../client.ts";

export const capsuleEventsUrl = (capsule: string): string => API_ROOT + path("/capsules/{}/events/stream", capsule);
export const capsuleLogsUrl = (capsule: string, tail: number): string =>
  withQuery(API_ROOT + path("/capsules/{}/logs/stream", capsule), { tail });
export const accessLogsUrl = (capsule: string): string => API_ROOT + path("/capsules/{}/access-logs/stream", capsule);
export const buildLogsUrl = (build: string): string => API_ROOT + path("/builds/{}/logs/stream", build);
