import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProver, type Proving } from "../../../../packages/tokens/src/testing/prover.ts";
import type { Issuer } from "../issuer.ts";
import { EMBEDDED, openEmbedded, person } from "./testing/embedded.ts";

const ORIGIN = "https://app.elsewhere.example";
const client = "elsewhere";
const key = await createProver();
let issuer: Issuer;
beforeAll(async () => {
  const app = { id: client, name: "Elsewhere", mode: "bound", origins: [ORIGIN], audiences: [EMBEDDED] } as const;
  issuer = await openEmbedded({ clients: [app], signUp: "open" });
  const { email, name, password } = person;
  await call("/trpc/signIn.signUp", { client, jkt: key.jkt, email, name, password });
});
afterAll(() => issuer.close());

/** As a browser sends it from a page of another site, through a proxy that knows the server by another name. */
const call = (path: string, body: object, headers: Record<string, string> = {}) =>
  issuer.fetch(
    new Request(`http://10.0.0.7:3000/auth${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        "x-countersign": "1",
        origin: ORIGIN,
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "cors",
        ...headers,
      },
    }),
  );
const prove = (route: string, change: Partial<Proving> = {}) =>
  key.prove({ method: "POST", url: `${EMBEDDED}/session/${route}`, now: Date.now(), ...change });

async function start() {
  const { email, password } = person;
  const signedIn = await call("/trpc/signIn.password", { client, jkt: key.jkt, email, password });
  const { handoff } = JSON.parse(await signedIn.text()).result.data;
  return await call("/session/start", { client, handoff }, { dpop: await prove("start") });
}

describe("the session routes of an app on another site", () => {
  test("server case 13, RFC 9449 5: take proofs of the public URL, and offer a nonce with each answer", async () => {
    const started = await start();
    expect(started.status).toBe(200);
    expect(started.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(started.headers.get("access-control-expose-headers")).toContain("DPoP-Nonce");
    expect(started.headers.get("set-cookie")).toBeNull();
    const nonce = started.headers.get("dpop-nonce") ?? "";
    const { refresh_token } = JSON.parse(await started.text());
    const dpop = await prove("refresh", { now: 0, nonce });
    const refreshed = await call("/session/refresh", { client, refresh_token }, { dpop });
    expect(refreshed.status).toBe(200);
    const ended = await call("/session/end", { client, refresh_token }, { dpop: await prove("end") });
    expect(ended.status).toBe(204);
  });

  test("RFC 9449 8: ask for a nonce where a clock goes wrong", async () => {
    const { refresh_token } = JSON.parse(await (await start()).text());
    const dpop = await prove("refresh", { now: 0 });
    const refused = await call("/session/refresh", { client, refresh_token }, { dpop });
    expect([refused.status, await refused.json()]).toEqual([400, { error: "use_dpop_nonce" }]);
    expect(refused.headers.get("www-authenticate")).toBeNull();
    expect(refused.headers.get("cache-control")).toBe("no-store");
    const nonce = refused.headers.get("dpop-nonce") ?? "";
    const again = { dpop: await prove("refresh", { now: 0, nonce }) };
    expect((await call("/session/refresh", { client, refresh_token }, again)).status).toBe(200);
  });

  test("RFC 9449 4.3, 5: refuse two proofs, none, and one for the address inside", async () => {
    const { refresh_token } = JSON.parse(await (await start()).text());
    const refresh = async (headers: Record<string, string>) => {
      const reply = await call("/session/refresh", { client, refresh_token }, headers);
      return [reply.status, JSON.parse(await reply.text()).error];
    };
    expect(await refresh({ dpop: `${await prove("refresh")}, ${await prove("refresh")}` })).toEqual([
      400,
      "bad_request",
    ]);
    expect(await refresh({})).toEqual([400, "key_mismatch"]);
    const url = "http://10.0.0.7:3000/auth/session/refresh";
    expect(await refresh({ dpop: await prove("refresh", { url }) })).toEqual([400, "proof_invalid"]);
  });

  test("corpus 62: are for registered origins alone, from whatever site", async () => {
    const { refresh_token } = JSON.parse(await (await start()).text());
    for (const origin of ["https://evil.example", "null"]) {
      const reply = await call("/session/refresh", { client, refresh_token }, { origin, dpop: await prove("refresh") });
      expect([reply.status, await reply.json()]).toEqual([403, { error: "origin_refused" }]);
    }
  });
});
