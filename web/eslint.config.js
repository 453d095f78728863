import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports run one way: packages → features → layouts → app; features don't import each other. */
const featureBoundaries = {
  patterns: [
    {
      group: ["#app/*", "#layouts/*", "#features/*"],
      message: "A feature may import packages, #config and its own files only.",
    },
  ],
};

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "**/*.js", "packages/api/src/schema.ts"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat["recommended-latest"],
  {
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  { files: ["apps/*/src/features/**"], rules: { "no-restricted-imports": ["error", featureBoundaries] } },
  {
    files: ["packages/**"],
    rules: { "no-restricted-imports": ["error", { patterns: ["**/apps/**", "@capsule/console", "@capsule/shell"] }] },
  },
);
