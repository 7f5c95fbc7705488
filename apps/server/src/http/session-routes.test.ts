import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Call, Reply } from "./testing/call.ts";
import { type RunningApp, startApp } from "./testing/running-app.ts";

const mark = "xyzzy";
const NAME = "__Host-cs-console";

let server: RunningApp;
let issuer: string;
beforeAll(async () => {
  server = await startApp();
  issuer = server.app.config.issuer;
});
afterAll(() => server.stop());

const page = (more: Record<string, string> = {}) => ({
  origin: issuer,
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  ...more,
});
const cookieOf = (reply: Reply) => reply.headers["set-cookie"]?.[0] ?? "";
const pairOf = (reply: Reply) => cookieOf(reply).split(";")[0] ?? "";

/** A session of the console: its cookie, as a browser would send it back. */
async function inBrowser(): Promise<string> {
  const handoff = await server.handoff("console", issuer);
  return pairOf(await server.post("/session/start", { client: "console", handoff }, page()));
}

async function inTerminal(): Promise<{ account: string; refresh_token: string; tokens: { access_token: string }[] }> {
  const handoff = await server.handoff("cli");
  return JSON.parse((await server.post("/session/start", { client: "cli", handoff })).body);
}

/** A refusal without any effect in the browser, and without an echo. */
async function refused(reply: Promise<Reply>, status: number, error: string): Promise<void> {
  const { headers, body, ...rest } = await reply;
  expect({ ...rest, body }).toEqual({ status, body: JSON.stringify({ error }) });
  expect(headers["set-cookie"]).toBeUndefined();
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["clear-site-data"]).toBeUndefined();
}

const refresh = (cookie: string, headers: Record<string, string> = page(), body: object = {}) =>
  server.post("/session/refresh", { client: "console", ...body }, { ...headers, cookie });

/** That a cookie still stands for a living session. */
async function lives(cookie: string): Promise<void> {
  expect((await refresh(cookie)).status).toBe(200);
}

describe("a session in cookie mode", () => {
  test("ASVS 3.3.4, 10.1.1, RFC 6750 5.3: keeps the refresh token out of the page's reach, and no other in a cookie", async () => {
    const handoff = await server.handoff("console", issuer);
    const started = await server.post("/session/start", { client: "console", handoff }, page());
    expect(started).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(started.body).not.toContain("csr_");
    expect(started.headers["set-cookie"]).toHaveLength(1);
    expect(JSON.parse(started.body)).toMatchObject({ tokens: [{ audience: issuer, token_type: "Bearer" }] });
    expect(cookieOf(started)).toMatch(
      /^__Host-cs-console=csr_[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    const { server_time, session_end } = JSON.parse(started.body);
    expect(cookieOf(started)).toContain(`Max-Age=${Math.floor(session_end - server_time)}`);
    const refreshed = await refresh(pairOf(started));
    expect(refreshed.status).toBe(200);
    expect(refreshed.body).not.toContain("csr_");
    expect(pairOf(refreshed)).not.toBe(pairOf(started));
  });

  test("ASVS 14.3.1: ends, and its cookie with it", async () => {
    const cookie = await inBrowser();
    const ended = await server.post("/session/end", { client: "console" }, page({ cookie }));
    expect(ended).toMatchObject({ status: 204, body: "" });
    expect(cookieOf(ended)).toBe(`${NAME}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`);
    await refused(refresh(cookie), 400, "invalid_grant");
    const again = await server.post("/session/end", { client: "console" }, page({ cookie }));
    expect(again.status).toBe(204);
    expect((await server.post("/session/end", { client: "console" }, page())).status).toBe(204);
  });

  test("ASVS 7.2.4: is a new one after each sign-in, and the one before it in this browser has ended", async () => {
    const [before, elsewhere] = [await inBrowser(), await inBrowser()];
    const start = (handoff: string, cookie: string) =>
      server.post("/session/start", { client: "console", handoff }, page({ cookie }));
    await refused(start("x", before), 400, "invalid_grant");
    await lives(before);
    const started = await start(await server.handoff("console", issuer), before);
    expect(started.status).toBe(200);
    expect(pairOf(started)).not.toBe(before);
    await refused(refresh(before), 400, "invalid_grant");
    await lives(pairOf(started));
    await lives(elsewhere);
    const garbage = await start(await server.handoff("console", issuer), `${NAME}=${mark}`);
    expect(garbage.status).toBe(200);
  });

  test("corpus 62, 63: cannot be refreshed or ended from anywhere else, and does not notice", async () => {
    const cookie = await inBrowser();
    const wrong: [string, Record<string, string>][] = [
      ["no origin", { cookie }],
      ["an opaque origin", { cookie, origin: "null" }],
      ["another origin", { cookie, origin: "https://evil.example" }],
      ["a sibling", page({ cookie, origin: "https://www.localhost:8443", "sec-fetch-site": "same-site" })],
      ["another site", page({ cookie, "sec-fetch-site": "cross-site" })],
      ["the address bar", page({ cookie, "sec-fetch-site": "none" })],
      ["a navigation", page({ cookie, "sec-fetch-mode": "navigate" })],
    ];
    for (const [, headers] of wrong) {
      for (const path of ["/session/refresh", "/session/end"]) {
        await refused(server.post(path, { client: "console" }, headers), 403, "origin_refused");
      }
    }
    await lives(cookie);
  });

  test("corpus 62: cannot be begun for somebody from anywhere else", async () => {
    const handoff = await server.handoff("console", issuer);
    const start = (headers: Record<string, string>) =>
      server.post("/session/start", { client: "console", handoff }, headers);
    await refused(start({ origin: "https://evil.example" }), 403, "origin_refused");
    await refused(start({}), 403, "origin_refused");
    expect((await start(page())).status).toBe(200);
  });

  test("corpus 62: a handoff that was made elsewhere begins nothing here", async () => {
    const handoff = await server.handoff("cli");
    await refused(server.post("/session/start", { client: "console", handoff }, page()), 400, "invalid_grant");
  });

  test("corpus 61, 62, ASVS 3.5.2: takes no form, no plain text, no GET and nothing without the own header", async () => {
    const cookie = await inBrowser();
    const body = JSON.stringify({ client: "console" });
    const json = { "content-type": "application/json", "x-countersign": "1" };
    for (const path of ["/session/refresh", "/session/end"]) {
      const call = (more: Call) => server.call(path, { method: "POST", body, ...more });
      const plain = { ...page({ cookie }), "x-countersign": "1" };
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        await refused(call({ headers: { ...plain, "content-type": type } }), 415, "unsupported_media_type");
      }
      for (const own of [{}, { "x-countersign": "0" }, { "x-countersign": "1, 1" }]) {
        const headers = { ...page({ cookie }), "content-type": "application/json", ...own };
        await refused(call({ headers }), 400, "bad_request");
      }
      for (const method of ["GET", "PUT", "DELETE", "TRACE", "PATCH"]) {
        await refused(
          server.call(path, { method, headers: { ...page({ cookie }), ...json } }),
          405,
          "method_not_allowed",
        );
      }
    }
    await lives(cookie);
  });

  test("corpus 64: is refused when its cookie comes twice", async () => {
    const cookie = await inBrowser();
    await refused(refresh(`${cookie}; ${cookie}`), 400, "bad_request");
    await refused(refresh(`${NAME}=${mark}; ${cookie}`), 400, "bad_request");
    await lives(cookie);
  });

  test("takes its refresh token from the cookie alone, under its one name", async () => {
    const cookie = await inBrowser();
    const token = cookie.slice(NAME.length + 1);
    await refused(refresh("", page(), { refresh_token: token }), 400, "bad_request");
    await refused(refresh(cookie, page(), { refresh_token: token }), 400, "bad_request");
    await refused(refresh(`cs-console=${token}; __Host-cs-cli=${token}`), 400, "invalid_grant");
    await lives(cookie);
  });

  test("ASVS 3.4.2: lets its own page read with credentials, and nobody else's", async () => {
    const preflight = (origin: string) =>
      server.call("/session/refresh", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "x-countersign" },
      });
    const { status, headers } = await preflight(issuer);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": issuer,
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
    expect(headers["access-control-allow-headers"]).toContain("x-countersign");
    for (const origin of ["https://evil.example", "null"]) {
      const reply = await preflight(origin);
      expect(reply.status).toBe(405);
      expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
      const read = await server.post("/session/refresh", { client: "console" }, { origin });
      expect(read.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

describe("a session in storage mode", () => {
  test("carries its refresh token in bodies, and no cookie", async () => {
    const { refresh_token } = await inTerminal();
    const refreshed = await server.post("/session/refresh", { client: "cli", refresh_token });
    expect(refreshed.headers["set-cookie"]).toBeUndefined();
    const next = JSON.parse(refreshed.body).refresh_token;
    expect(next).toMatch(/^csr_/);
    const ended = await server.post("/session/end", { client: "cli", refresh_token: next });
    expect(ended).toMatchObject({ status: 204, body: "" });
    expect(ended.headers["set-cookie"]).toBeUndefined();
    await refused(server.post("/session/refresh", { client: "cli", refresh_token: next }), 400, "invalid_grant");
  });

  test("ASVS 7.4.1: is over for its access token at once when it ends", async () => {
    const { refresh_token, tokens } = await inTerminal();
    const me = () =>
      server.call("/trpc/account.me", { headers: { authorization: `Bearer ${tokens[0]?.access_token}` } });
    expect((await me()).status).toBe(200);
    await server.post("/session/end", { client: "cli", refresh_token });
    expect(JSON.parse((await me()).body).error.data).toMatchObject({ reason: "session_ended", ran: false });
  });

  test("corpus 33: is not ended by its access token: that is refused, and nothing is said to be done", async () => {
    const { refresh_token, tokens } = await inTerminal();
    const accessToken = tokens[0]?.access_token;
    await refused(server.post("/session/end", { client: "cli", refresh_token: accessToken }), 400, "bad_request");
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await server.call("/trpc/account.me", { headers })).status).toBe(200);
    expect((await server.post("/session/refresh", { client: "cli", refresh_token })).status).toBe(200);
  });

  test("takes no cookie for its refresh token", async () => {
    const { refresh_token } = await inTerminal();
    const cookie = `__Host-cs-cli=${refresh_token}`;
    await refused(server.post("/session/refresh", { client: "cli" }, { cookie }), 400, "invalid_grant");
    expect((await server.post("/session/refresh", { client: "cli", refresh_token })).status).toBe(200);
  });

  test("is nothing for a page, whoever's it is", async () => {
    const { refresh_token } = await inTerminal();
    for (const origin of ["https://evil.example", "null", issuer]) {
      await refused(
        server.post("/session/refresh", { client: "cli", refresh_token }, { origin }),
        403,
        "origin_refused",
      );
    }
  });

  test("corpus 25: is nothing for another client", async () => {
    const { refresh_token } = await inTerminal();
    await refused(refresh(`${NAME}=${refresh_token}`), 400, "invalid_grant");
    expect((await server.post("/session/refresh", { client: "cli", refresh_token })).status).toBe(200);
  });
});

describe("a session request", () => {
  const headers = { "content-type": "application/json", "x-countersign": "1" };
  test.each([
    ["an unknown client", { client: mark, handoff: mark }, "invalid_client"],
    ["a client that is a prototype's name", { client: "__proto__", handoff: mark }, "invalid_client"],
    ["a handoff that is none", { client: "cli", handoff: mark }, "invalid_grant"],
    ["no handoff", { client: "cli" }, "bad_request"],
    ["a field that is not known", { client: "cli", handoff: mark, [mark]: 1 }, "bad_request"],
    ["a client of another type", { client: [mark], handoff: mark }, "bad_request"],
    ["an array", [mark], "bad_request"],
    ["null", null, "bad_request"],
    ["no audiences", { client: "cli", handoff: mark, audiences: [] }, "bad_request"],
    ["too many audiences", { client: "cli", handoff: mark, audiences: Array(21).fill(mark) }, "bad_request"],
    ["a handoff of 300 characters", { client: "cli", handoff: "x".repeat(300) }, "bad_request"],
  ])("is refused with %s", async (_name, body, reason) => {
    await refused(server.post("/session/start", body), 400, reason);
  });

  test.each([
    ["JSON that is none", `{"client":"${mark}`, 400, "bad_request"],
    ["nothing", "", 400, "bad_request"],
    ["corpus 60: a prototype", `{"client":"cli","__proto__":{"handoff":"${mark}"}}`, 400, "bad_request"],
    ["17 KiB", JSON.stringify({ client: "cli", handoff: "x".repeat(17 * 1024) }), 413, "too_large"],
  ])("is refused with %s", async (_name, body, status, reason) => {
    await refused(server.call("/session/start", { method: "POST", headers, body }), status, reason);
  });

  test("is refused for an audience that is not registered, and uses nothing up", async () => {
    const { refresh_token } = await inTerminal();
    const body = { client: "cli", refresh_token, audiences: [`https://${mark}.example`] };
    await refused(server.post("/session/refresh", body), 400, "invalid_target");
    expect((await server.post("/session/refresh", { client: "cli", refresh_token })).status).toBe(200);
  });
});
