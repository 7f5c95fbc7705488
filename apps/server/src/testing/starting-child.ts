import { startPostgres } from "./postgres.ts";

// Starts a PostgreSQL, tells where it is, and waits to be killed.

const server = await startPostgres();
process.send?.(await server.url());
