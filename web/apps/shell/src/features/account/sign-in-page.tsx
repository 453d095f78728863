import { appHost, type AppInfo } from "@capsule/api";
import { Button } from "@capsule/ui";
import { useState } from "react";
import { AccountFrame } from "./account-frame.tsx";
import { MagicLinkForm } from "./magic-link-form.tsx";
import { methodsOf } from "./methods.ts";
import { PasswordForm } from "./password-form.tsx";

type SignInPageProps = {
  app: AppInfo;
  isSigningUp: boolean;
  onSwitch: (isSigningUp: boolean) => void;
  /** Where links in mails and other services lead back to. */
  returnTo: string;
  onDone: () => void;
  /** Goes back to the app; missing where nobody gets in without signing in. */
  onCancel?: () => void;
};

export default function SignInPage({ app, isSigningUp: wantsSignUp, onSwitch, returnTo, onDone, onCancel }: SignInPageProps) {
  const { hasPassword, hasMagicLink, oidc } = methodsOf(app.access);
  const mayJoin = app.access?.sign_up === true && app.access.password_sign_up !== false;
  const isSigningUp = wantsSignUp && mayJoin;
  const [wantsLink, setWantsLink] = useState(false);
  const hasForm = hasPassword || hasMagicLink;
  const isLink = hasMagicLink && (wantsLink || !hasPassword);
  return (
    <AccountFrame
      app={app}
      title={isSigningUp ? "Create an account" : "Sign in"}
      foot={
        <>
          {mayJoin && hasPassword && (
            <p>
              {isSigningUp ? "You have an account?" : "New here?"}{" "}
              <button type="button" className="font-medium text-accent-text underline underline-offset-2" onClick={() => onSwitch(!isSigningUp)}>
                {isSigningUp ? "Sign in" : "Create an account"}
              </button>
            </p>
          )}
          {onCancel && (
            <Button tone="quiet" className="mt-2" onClick={onCancel}>
              Go on without an account
            </Button>
          )}
        </>
      }
    >
      <div className="space-y-4">
        {oidc.map(({ name, label }) => (
          <Button key={name} asChild size="lg" className="w-full">
            <a href={appHost.oidcStartUrl(name, returnTo)}>Continue with {label}</a>
          </Button>
        ))}
        {oidc.length > 0 && hasForm && <Divider />}
        {isLink ? (
          <MagicLinkForm returnTo={returnTo} />
        ) : (
          hasPassword && <PasswordForm key={String(isSigningUp)} isSigningUp={isSigningUp} returnTo={returnTo} onDone={onDone} />
        )}
        {hasPassword && hasMagicLink && (
          <Button tone="quiet" className="w-full" onClick={() => setWantsLink(!isLink)}>
            {isLink ? "Use a password" : "Send me a link instead"}
          </Button>
        )}
        {!hasForm && oidc.length === 0 && (
          <p className="text-sm text-ink-soft">This app has no way to sign in. Its owner can open it in the console.</p>
        )}
      </div>
    </AccountFrame>
  );
}

function Divider() {
  return (
    <p className="flex items-center gap-3 text-xs text-ink-faint">
      <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
    </p>
  );
}
