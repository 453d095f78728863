/** How the window that was at the git host tells the page that waits for it. */
import type { FinishedSignIn, ProblemError } from "@capsule/api";

export type SignInNews = { state: string; outcome: FinishedSignIn["outcome"] | "failed"; connection: string; detail: string; hint: string };

const CHANNEL = "capsule-git-sign-in";

export function tell(news: SignInNews): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(news);
  channel.close();
}

/** Listen for the end of one sign-in; returns how to stop. */
export function hear(state: string, listen: (news: SignInNews) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<SignInNews>) => {
    if (event.data.state === state) listen(event.data);
  };
  return () => channel.close();
}

export const finishedNews = (state: string, finished: FinishedSignIn): SignInNews => ({
  state,
  outcome: finished.outcome,
  connection: finished.connection?.id ?? "",
  detail: "",
  hint: "",
});

export const failedNews = (state: string, problem: ProblemError): SignInNews => ({
  state,
  outcome: "failed",
  connection: "",
  detail: problem.detail,
  hint: problem.hint ?? "",
});
