import ms from "ms";

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env.PORT),
  fetch: () => new Response(`Hello from Bun; an hour has ${ms("1h")} ms\n`),
});
