import { appHost } from "@capsule/api";
import { toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { openPopup, visit } from "./popup.ts";
import { useUpdateConnection } from "./use-connections.ts";
import { integrationName } from "./integration-name.ts";

/** Connects an account at another service. Call `mutate` from a click. */
export function useOauth(type: string, promptId?: string) {
  const update = useUpdateConnection();
  return useMutation({
    mutationFn: async (popup: Window | null) => {
      try {
        const { url } = await appHost.authorizeConnection(type, {
          return_to: `/${window.location.hash}`,
          ...(promptId === undefined ? {} : { prompt_id: promptId }),
        });
        await visit(popup, url);
      } catch (error) {
        popup?.close();
        throw error;
      }
    },
    onError: (error) => toastProblem(`${integrationName(type)} was not connected`, error),
    onSettled: () => update(),
  });
}

export { openPopup };
