import { asProblem, finishGitSignIn, keys, type FinishedSignIn, type SignInReturn } from "@capsule/api";
import { buttonStyle, ErrorState, LogoMark, Skeleton } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouteContext } from "@tanstack/react-router";
import { CircleCheck, Hourglass } from "lucide-react";
import { useEffect, useState } from "react";
import { usePageTitle } from "#config/page-title.ts";
import { InstallationChoice } from "../components/installation-choice.tsx";
import { Outcome } from "../components/outcome.tsx";
import { failedNews, finishedNews, tell } from "../sign-in-news.ts";

/** Where a git host sends the browser back to; the page that waits in the other window is told. */
export function GitReturnPage() {
  usePageTitle("Git host");
  const { arrivedWith } = useRouteContext({ from: "/signed-in/git/return" });
  const answer = returned(arrivedWith);
  const [chosen, setChosen] = useState<FinishedSignIn | null>(null);
  const finish = useQuery({
    queryKey: keys.gitReturn(answer.state),
    queryFn: () => finishGitSignIn(answer),
    // The state is good once.
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const finished = chosen ?? finish.data;
  useEffect(() => {
    if (finished && finished.outcome !== "choose") tell(finishedNews(answer.state, finished));
    else if (finish.error) tell(failedNews(answer.state, asProblem(finish.error)));
    if (finished?.outcome === "connected") window.close();
  }, [finished, finish.error, answer.state]);
  return (
    <main className="grid min-h-full place-items-center px-4 py-12">
      <div className="w-full max-w-sm rounded-xl border bg-surface p-6 shadow-float">
        <LogoMark className="mx-auto mb-3 size-10" />
        {finish.isPending && <Skeleton className="h-40" />}
        {finish.isError && <ErrorState error={finish.error} className="px-0 py-2" />}
        {finished && <Ended finished={finished} onChosen={setChosen} />}
      </div>
    </main>
  );
}

const PARAMETERS = ["code", "error", "error_description", "installation_id", "setup_action"] as const;

function returned(query: string): SignInReturn {
  const given = new URLSearchParams(query);
  const rest = PARAMETERS.map((name) => [name, given.get(name)] as const).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(rest), state: given.get("state") ?? "" };
}

function Ended({ finished, onChosen }: { finished: FinishedSignIn; onChosen: (finished: FinishedSignIn) => void }) {
  if (finished.outcome === "choose") return <InstallationChoice finished={finished} onChosen={onChosen} />;
  if (finished.outcome === "requested") {
    return (
      <Outcome icon={Hourglass} tone="text-warn" title="Waiting for an owner">
        An owner of the account has to approve the app. You can close this window.
      </Outcome>
    );
  }
  const isApp = finished.outcome === "registered";
  return (
    <Outcome icon={CircleCheck} tone="text-good" title={isApp ? "Registered" : `Connected to ${finished.connection?.account ?? "the host"}`}>
      <p>{isApp ? "Teams can install the app now." : "You can close this window."}</p>
      <Link to={isApp ? "/system" : "/account"} className={buttonStyle({ tone: "primary" })}>
        {isApp ? "Back to System" : "Git hosts"}
      </Link>
    </Outcome>
  );
}
