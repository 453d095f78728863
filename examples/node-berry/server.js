const http = require('node:http')
const ms = require('ms')

const answer = `Hello from Yarn 4; a week has ${ms('7d')} ms\n`
http.createServer((_, response) => response.end(answer)).listen(process.env.PORT)
