import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef } from "react";
import { ShellSession, type SessionState } from "../shell-session.ts";

const FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

type TerminalScreenProps = { replica: string; onState: (state: SessionState) => void; onReady: (session: ShellSession) => void };

/** The terminal itself. Ctrl-Shift-C and -V (and the browser's own keys) copy and paste; Shift-Tab leaves it. */
export default function TerminalScreen({ replica, onState, onReady }: TerminalScreenProps) {
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const terminal = new Terminal({ fontFamily: FONT, fontSize: 13, cursorBlink: true, scrollback: 5000, theme: theme() });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(element);
    fit.fit();
    const session = new ShellSession(
      replica,
      { write: (data) => terminal.write(data), clear: () => terminal.reset() },
      (state) => {
        terminal.options.disableStdin = state.kind === "ended";
        onState(state);
      },
    );
    onReady(session);
    terminal.onData((text) => session.type(text));
    terminal.onResize(({ cols, rows }) => session.resize({ columns: cols, rows }));
    terminal.attachCustomKeyEventHandler((event) => !isForTheBrowser(event, terminal));
    void session.start({ columns: terminal.cols, rows: terminal.rows });
    terminal.focus();

    const sizes = new ResizeObserver(() => fit.fit());
    sizes.observe(element);
    const themes = new MutationObserver(() => {
      terminal.options.theme = theme();
    });
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
      session.leave();
      terminal.dispose();
    };
  }, [replica, onState, onReady]);

  return <div ref={box} data-testid="terminal" className="h-full min-h-0 overflow-hidden bg-sunken p-2" />;
}

/** Keys that must not go to the shell: copy, paste, and the way out for who uses only the keyboard. */
function isForTheBrowser(event: KeyboardEvent, terminal: Terminal): boolean {
  if (event.shiftKey && event.key === "Tab") return true;
  if (!event.ctrlKey || !event.shiftKey) return false;
  if (event.code === "KeyC") {
    if (event.type === "keydown" && terminal.hasSelection()) void navigator.clipboard.writeText(terminal.getSelection());
    event.preventDefault();
    return true;
  }
  return event.code === "KeyV";
}

function theme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const isDark = document.documentElement.dataset["theme"] === "dark";
  return {
    background: colour("--sunken"),
    foreground: colour("--ink"),
    cursor: colour("--ink"),
    cursorAccent: colour("--sunken"),
    selectionBackground: isDark ? "#3b4a6b" : "#c7d7fe",
    ...(isDark ? {} : { yellow: "#946200", brightYellow: "#7a5200", green: "#177245", brightGreen: "#0f5c36", white: "#5c5f66", brightWhite: "#25262b", cyan: "#0b7285", brightCyan: "#095c6b" }),
  };
}
