import { appHost, asProblem, type PromptAnswer } from "@capsule/api";
import { toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { useChat } from "../chat-context.ts";

/** Answers a prompt. Its block tells how it ended, so an answer that came too late needs no more than a word. */
export function useAnswerPrompt(promptId: string) {
  const { sessionId } = useChat();
  return useMutation({
    mutationFn: (answer: PromptAnswer) => appHost.answerPrompt(sessionId ?? "", promptId, answer),
    onError: (error) => {
      const isLate = asProblem(error).code === "prompt_ended";
      toastProblem(isLate ? "This was answered already" : "The answer was not taken", error);
    },
  });
}
