import { keys, makePlan, type CannotPlan, type Plan, type WantedPlan } from "@capsule/api";
import { keepPreviousData, skipToken, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

const SETTLE_MS = 600;

export const canPlan = (answer: Plan | CannotPlan): answer is Plan => "choices" in answer;

/** The plan for what was typed, asked for again once the typing rests; the one before is shown meanwhile. */
export function usePlan(wanted: WantedPlan | null) {
  const settled = useSettled(JSON.stringify(wanted));
  const asked = JSON.parse(settled) as WantedPlan | null;
  return useQuery({
    queryKey: keys.plan(settled),
    queryFn: asked === null ? skipToken : ({ signal }) => makePlan(asked, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });
}

/** The text as it was when it last rested. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
