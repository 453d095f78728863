import { asProblem, chooseGitInstallation, type FinishedSignIn } from "@capsule/api";
import { Button, Notice } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";

type InstallationChoiceProps = { finished: FinishedSignIn; onChosen: (finished: FinishedSignIn) => void };

/** Where the app is installed already: which account the team is connected to. */
export function InstallationChoice({ finished, onChosen }: InstallationChoiceProps) {
  const choose = useMutation({
    mutationFn: (installation: string) => chooseGitInstallation(finished.state ?? "", installation),
    onSuccess: onChosen,
  });
  const problem = choose.isError ? asProblem(choose.error) : null;
  const installations = finished.installations ?? [];
  return (
    <div className="space-y-3">
      <p className="text-sm text-ink-soft">
        {installations.length > 0 ? "The app is installed at these accounts. Which one does the team use?" : "The app is installed at no account of yours. Close this window, and choose “Install on GitHub”."}
      </p>
      {problem && (
        <Notice tone="bad" title={problem.detail}>
          {problem.hint}
        </Notice>
      )}
      <ul aria-label="Accounts" className="space-y-2">
        {installations.map(({ id, account }) => (
          <li key={id}>
            <Button className="w-full" disabled={choose.isPending || choose.isError} onClick={() => choose.mutate(id)}>
              {account}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
