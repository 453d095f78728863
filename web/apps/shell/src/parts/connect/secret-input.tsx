import { Button, Input, cn } from "@capsule/ui";
import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";

type SecretInputProps = {
  id: string;
  "aria-invalid"?: true;
  "aria-describedby"?: string;
  name: string;
  isSecret: boolean;
  value: string;
  onChange: (value: string) => void;
};

/** Masked by style and not by `type="password"`, so that no password manager offers to keep it. */
export function SecretInput({ isSecret, value, onChange, ...control }: SecretInputProps) {
  const [isShown, setIsShown] = useState(!isSecret);
  return (
    <span className="relative block">
      <Input
        {...control}
        value={value}
        autoComplete="off"
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        data-1p-ignore
        data-lpignore="true"
        data-bwignore
        onChange={(event) => onChange(event.target.value)}
        className={cn("font-mono", isSecret && "pr-9", !isShown && "[-webkit-text-security:disc]")}
      />
      {isSecret && (
        <Button
          tone="quiet"
          size="icon-sm"
          className="absolute top-0.5 right-0.5"
          aria-label={isShown ? "Hide" : "Show"}
          aria-pressed={isShown}
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? <EyeOff /> : <Eye />}
        </Button>
      )}
    </span>
  );
}
