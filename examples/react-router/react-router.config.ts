import type { Config } from "@react-router/dev/config";

export default {
  // Set this to `false` for one page that routes by itself.
  ssr: true,
} satisfies Config;
