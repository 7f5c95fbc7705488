import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMasterKeys } from "../master-key.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { administrator, type RunningApp, startApp } from "./testing/running-app.ts";

let postgres: TestPostgres;
let keys: string;
let server: RunningApp;
beforeAll(async () => {
  postgres = await startPostgres();
  keys = mkdtempSync(join(tmpdir(), "countersign-lost-"));
  await readMasterKeys(join(keys, "master-key"), true, systemWorld);
  server = await startApp({ DATABASE_URL: await postgres.url(), MASTER_KEY_FILE: join(keys, "master-key") });
});
afterAll(async () => {
  await server.stop();
  await postgres.stop();
  rmSync(keys, { recursive: true });
});

const credentials = { client: "cli", email: administrator.email, password: administrator.password };

describe("a database that is gone for a while", () => {
  test("ASVS 16.3.4, 16.5.2, corpus 28: is a 503 with a reason wherever it is met, never a way in, and nothing that was acknowledged is lost", async () => {
    const handoff = await server.handoff("cli");
    const started = JSON.parse((await server.post("/session/start", { client: "cli", handoff })).body);
    const refresh = () => server.post("/session/refresh", { client: "cli", refresh_token: started.refresh_token });

    const other = JSON.parse(
      (await server.post("/session/start", { client: "cli", handoff: await server.handoff("cli") })).body,
    );
    const authorization = `Bearer ${started.tokens[0].access_token}`;
    const service = JSON.parse(
      (await server.post("/trpc/services.create", { name: "reader", permissions: ["feed:read"] }, { authorization }))
        .body,
    ).result.data;
    const credential = { id: service.id, secret: service.secret.secret };
    const token = JSON.parse((await server.post("/trpc/services.token", credential)).body).result.data.access_token;
    const revokeSecret = () =>
      server.post("/trpc/services.revokeSecret", { id: service.id, secret: service.secret.id }, { authorization });

    await postgres.halt();
    const signIn = await server.post("/trpc/signIn.password", credentials);
    expect(signIn.status).toBe(503);
    expect(JSON.parse(signIn.body).error.data.reason).toBe("unavailable");
    expect(await refresh()).toMatchObject({ status: 503, body: '{"error":"unavailable"}' });
    expect(await server.call("/readyz")).toMatchObject({ status: 503, body: '{"error":"unavailable"}' });
    expect((await server.call("/livez")).status).toBe(200);
    expect((await server.call("/.well-known/jwks.json")).status).toBe(200);
    for (const text of [signIn.body, (await refresh()).body]) expect(text).not.toMatch(/ECONN|postgres|connect|stack/i);

    const warned = server.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "warn");
    expect(warned.length).toBeGreaterThan(2);
    expect(warned[0]).toMatchObject({
      id: expect.any(String),
      err: { reason: "unavailable", cause: expect.anything() },
    });
    expect(await revokeSecret()).toMatchObject({ status: 503 });
    expect(await server.post("/session/end", { client: "cli", refresh_token: other.refresh_token })).toMatchObject({
      status: 503,
      body: '{"error":"unavailable"}',
    });
    expect(await server.call("/feed", { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 503,
      body: '{"error":"unavailable"}',
    });

    await postgres.resume();
    await expect.poll(async () => (await server.call("/readyz")).status, { timeout: 10_000 }).toBe(200);
    expect((await refresh()).status).toBe(200);
    expect((await server.post("/trpc/services.token", credential)).status).toBe(200);
    expect((await revokeSecret()).status).toBe(200);
    expect((await server.post("/session/end", { client: "cli", refresh_token: other.refresh_token })).status).toBe(204);
    expect((await server.post("/trpc/signIn.password", credentials)).status).toBe(200);
  });
});
