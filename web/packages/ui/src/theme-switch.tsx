import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "./primitives/button.tsx";
import { MenuChoice, MenuContent, MenuRoot, MenuTrigger } from "./primitives/menu.tsx";
import { chooseTheme, useThemeChoice, type ThemeChoice } from "./theme.ts";

const CHOICES: [ThemeChoice, string, typeof Sun][] = [
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
  ["system", "System", Monitor],
];

export function ThemeSwitch() {
  const choice = useThemeChoice();
  return (
    <MenuRoot>
      <MenuTrigger asChild>
        <Button tone="quiet" size="icon" aria-label="Theme">
          <Sun className="dark:hidden" />
          <Moon className="hidden dark:block" />
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        {CHOICES.map(([value, label, Icon]) => (
          <MenuChoice key={value} isChosen={choice === value} onSelect={() => chooseTheme(value)}>
            <Icon /> {label}
          </MenuChoice>
        ))}
      </MenuContent>
    </MenuRoot>
  );
}
