const http = require("node:http");

http
  .createServer((request, response) => response.end(`Hello from Node ${process.version}\n`))
  .listen(process.env.PORT, "127.0.0.1");
