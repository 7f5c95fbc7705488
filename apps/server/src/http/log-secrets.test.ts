import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { administrator, type RunningApp, startApp } from "./testing/running-app.ts";

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ LOG_LEVEL: "debug" });
});
afterAll(() => server.stop());

const text = (reply: { body: string }) => JSON.parse(reply.body);

describe("the log of a day", () => {
  test("server case 18, ASVS 16.2.5, corpus 76: holds no token, cookie, password, link or hash, whatever went well or wrong", async () => {
    const secrets: string[] = [administrator.password];
    const issuer = server.app.config.issuer;
    const page = { origin: issuer };

    // Set up, sign in, both modes
    secrets.push((await server.app.setUpLink())?.split("#")[1] ?? "");
    const handoff = await server.handoff("cli");
    const cli = text(await server.post("/session/start", { client: "cli", handoff }));
    const other = await server.handoff("console", issuer);
    const browser = await server.post("/session/start", { client: "console", handoff: other }, page);
    const cookie = browser.headers["set-cookie"]?.[0]?.split(/[=;]/)[1] ?? "";
    secrets.push(handoff, other, cookie, cli.refresh_token, cli.tokens[0].access_token);
    secrets.push(text(browser).tokens[0].access_token);

    // Refresh, and replay, which ends the session
    let current = cli.refresh_token;
    for (let turn = 0; turn < 3; turn += 1) {
      const next = text(await server.post("/session/refresh", { client: "cli", refresh_token: current }));
      current = next.refresh_token;
      secrets.push(current, next.tokens[0].access_token);
    }
    await server.post("/session/refresh", { client: "cli", refresh_token: cli.refresh_token });
    await server.post("/session/refresh", { client: "console" }, { ...page, cookie: `__Host-cs-console=${cookie}` });

    // Administration
    const authorization = `Bearer ${text(browser).tokens[0].access_token}`;
    const invited = text(
      await server.post("/trpc/invitations.create", { email: "bob@example.com", roles: [] }, { authorization }),
    ).result.data;
    secrets.push(invited.secret);
    const password = "another long and quiet sentence";
    secrets.push(password);
    const bob = { client: "cli", email: "bob@example.com", name: "Bob", password, invitation: invited.secret };
    secrets.push(text(await server.post("/trpc/signIn.signUp", bob)).result.data.handoff);

    const service = text(
      await server.post("/trpc/services.create", { name: "reader", permissions: ["feed:read"] }, { authorization }),
    ).result.data;
    const credential = { id: service.id, secret: service.secret.secret };
    const serviceToken = text(await server.post("/trpc/services.token", credential)).result.data.access_token;
    secrets.push(credential.secret, serviceToken);
    await server.call("/feed", { headers: { authorization: `Bearer ${serviceToken}` } });
    await server.post("/trpc/services.token", { ...credential, secret: `${credential.secret}x` });

    // What goes wrong, with the secrets wherever they might be put
    const wrong = "a wrong but long enough password";
    secrets.push(wrong);
    await server.post("/trpc/signIn.password", { client: "cli", email: administrator.email, password: wrong });
    await server.post("/trpc/signIn.password", { client: "cli", email: wrong, password: { wrong } });
    for (const secret of [...secrets]) {
      const body = `{"password":"${secret}`;
      const json = { "content-type": "application/json", "x-countersign": "1" };
      const headers = { ...json, authorization: `Bearer ${secret}`, cookie: `a=${secret}`, "user-agent": secret };
      await server.call(`/trpc/account.me?token=${encodeURIComponent(secret)}`, { headers });
      await server.call(`/trpc/signIn.password`, { method: "POST", headers, body });
      await server.call("/session/start", { method: "POST", headers, body });
      await server.call(`/${encodeURIComponent(secret)}`, { headers });
      await server.raw(`${secret}\r\n\r\n`);
      await server.post("/session/end", { client: "cli", refresh_token: secret });
      await server.post("/trpc/services.token", { id: service.id, secret: secret.slice(0, 128) });
      await server.call(`/feed?token=${encodeURIComponent(secret)}`, { headers });
    }

    const database = new DatabaseSync(join(server.dataDir, "countersign.db"), { readOnly: true });
    const hashes = database.prepare("select password_hash from accounts").all();
    database.close();
    expect(hashes).toHaveLength(2);
    for (const row of hashes) secrets.push(String(row["password_hash"]));

    expect(new Set(secrets).size).toBeGreaterThan(15);
    for (const secret of secrets) expect(secret.length).toBeGreaterThan(20);
    const log = server.lines.join("");
    expect(server.lines.length).toBeGreaterThan(100);
    const found = secrets.filter((secret) => log.includes(secret) || log.includes(encodeURIComponent(secret)));
    expect(found).toEqual([]);
    // No part of a token either.
    const parts = secrets.flatMap((secret) => secret.split(".")).filter((part) => part.length >= 20);
    expect(parts.filter((part) => log.includes(part))).toEqual([]);
  });
});
