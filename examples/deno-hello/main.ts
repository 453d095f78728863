Deno.serve((request: Request) => new Response(`Hello from Deno, ${new URL(request.url).pathname}\n`));
