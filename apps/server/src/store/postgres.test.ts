import { afterAll, beforeAll } from "vitest";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { storeContract } from "./contract.ts";
import { postgresDatabases } from "./testing/postgres-databases.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

storeContract(
  "PostgreSQL",
  postgresDatabases(() => server),
);
