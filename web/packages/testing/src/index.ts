export * from "./mock-api.ts";
export * from "./records.ts";
