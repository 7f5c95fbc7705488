import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { expect, test } from "vitest";
import { startPostgres } from "./postgres.ts";

const starting = fileURLToPath(new URL("starting-child.ts", import.meta.url));

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // The loss of the connection is what is waited for.
  client.on("error", () => {});
  await client.connect();
  return client;
}

test("a PostgreSQL for tests ends with the process that started it, also where that one is killed", async () => {
  const child = fork(starting, { execArgv: [] });
  const [url] = (await once(child, "message")) as [string];
  const client = await connect(url);
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  child.kill("SIGKILL");
  await ended;
  await expect(connect(url)).rejects.toThrow();
});

test("two start at once, each with databases of its own, and stop", async () => {
  const servers = await Promise.all([startPostgres(), startPostgres()]);
  const urls = await Promise.all(servers.map((server) => server.url()));
  expect(new Set(urls.map((url) => new URL(url).port)).size).toBe(2);
  await Promise.all(servers.map((server) => server.stop()));
  for (const url of urls) await expect(connect(url)).rejects.toThrow();
});
