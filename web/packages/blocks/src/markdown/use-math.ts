import { useEffect, useState } from "react";
import type { PluggableList } from "unified";

type MathPlugins = { remarkPlugins: PluggableList; rehypePlugins: PluggableList };
let loaded: MathPlugins | null = null;

/** The plugins for maths once they are here; null before, and where none are needed. */
export function useMath(isNeeded: boolean): MathPlugins | null {
  const [plugins, setPlugins] = useState(loaded);
  useEffect(() => {
    if (!isNeeded || plugins !== null) return;
    let isGone = false;
    void import("./math.ts").then((module) => {
      loaded = module;
      if (!isGone) setPlugins(module);
    });
    return () => {
      isGone = true;
    };
  }, [isNeeded, plugins]);
  return isNeeded ? plugins : null;
}
