import { keys, listLogs, type LogLine } from "@capsule/api";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

const MOST = 500;
const TYPING_MS = 250;

/** Lines kept by the server that match `search` and are older than what the page holds. */
export function useOlderMatches(capsule: string, search: string, before: string | undefined): readonly LogLine[] {
  const [needle, setNeedle] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setNeedle(search.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [search]);
  const isAsked = needle !== "" && before !== undefined;
  const found = useQuery({
    queryKey: keys.logSearch(capsule, needle),
    queryFn: async () => (await listLogs(capsule, { limit: MOST, search: needle, until: before ?? "" })).items,
    enabled: isAsked,
    placeholderData: keepPreviousData,
  });
  return isAsked && found.data ? found.data.filter((line) => line.at < before) : NONE;
}

const NONE: readonly LogLine[] = [];
