import { createServer } from "node:http";
import { nanoid } from "nanoid";

const server = createServer((_request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ message: "Hello from TypeScript and pnpm.", id: nanoid() }));
});

server.listen(Number(process.env.PORT));
