const { createServer } = require("node:http");
const ms = require("ms");

createServer((request, response) => {
  response.end(`Hello from yarn: two days are ${ms("2 days")} ms.`);
}).listen(process.env.PORT);
