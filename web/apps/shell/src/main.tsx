import { ProblemError } from "@capsule/api";
import { startTheme, Toaster, TooltipProvider } from "@capsule/ui";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./main.css";

startTheme();

/** Whoever was signed out meanwhile comes to the door: the app's state tells who may enter. */
const onError = (error: unknown): void => {
  if (error instanceof ProblemError && error.status === 401) void queryClient.invalidateQueries({ queryKey: ["app"] });
};
const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: { retry: (count, error) => count < 2 && error instanceof ProblemError && error.isTransient },
  },
});
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={350}>
        <App />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
