import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CompactEncrypt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newAccount } from "../testing/house.ts";
import {
  COOKIE,
  openRenderedApp,
  type PlainBrowser,
  plainBrowser,
  type RenderedApp,
  SECRET,
} from "../testing/rendered-app.ts";
import { EXPIRY_MS } from "../testing/signed-in-tabs.ts";
import { openSite } from "../testing/site.ts";
import { CookieTooLargeError } from "./cookie-size.ts";
import type { ServerSessionsOptions } from "./create-server-sessions.ts";

const NEW = new Uint8Array(32).fill(2);
const DAY_MS = 24 * 3_600_000;

let app: RenderedApp;
let ann: PlainBrowser;
beforeAll(async () => {
  app = await openRenderedApp();
});
beforeEach(async () => {
  ann = await app.person();
});
afterAll(() => app.close());

const seenBy = (options: Partial<ServerSessionsOptions>) => app.another(options).read(ann.get());
const nobody = { status: "signed-out" };

describe("the session's cookie", () => {
  test("ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4: is for this host alone, over TLS, out of the reach of scripts, for as long as the session", async () => {
    const response = await app.sessions.handle(plainBrowser().post("sign-up", newAccount()));
    const [line, ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    expect(line).toMatch(/^__Host-cs-rendered=ey[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    expect(Number(line?.split("Max-Age=")[1])).toBeGreaterThan(89 * 86_400);
  });

  test("shows nothing of the session: it is encrypted, for each person and time anew", async () => {
    const [head, key, iv] = ann.cookie?.split(".") ?? [];
    expect(decodeProtectedHeader(ann.cookie ?? "")).toEqual({
      alg: "dir",
      enc: "A256GCM",
      typ: "countersign-session+jwt",
    });
    expect(key).toBe("");
    const bob = await app.person();
    expect(bob.cookie?.split(".")[0]).toBe(head);
    expect(bob.cookie?.split(".")[2]).not.toBe(iv);
  });

  test("is nobody's where a character was changed, whichever part it is in", async () => {
    const parts = ann.cookie?.split(".") ?? [];
    for (const at of [0, 2, 3, 4]) {
      const changed = parts.map((part, index) =>
        index === at ? `${part.startsWith("A") ? "B" : "A"}${part.slice(1)}` : part,
      );
      const headers = new Headers({ cookie: `${COOKIE}=${changed.join(".")}` });
      expect(await app.sessions.read({ headers })).toEqual(nobody);
    }
  });

  test.each(["", "x", "....", "a.b.c.d.e", "eyJhbGciOiJub25lIn0.e30.", `${"A".repeat(5_000)}`])(
    "is nobody's when it is %j, and the request goes on",
    async (value) => {
      ann.cookie = value;
      const step = await app.sessions.proxy(ann.get());
      expect(await app.sessions.read({ headers: step.requestHeaders })).toEqual(nobody);
      expect([...step.responseHeaders]).toEqual([]);
    },
  );

  test("is nobody's under the name of another app, at another issuer, and under another key", async () => {
    const other = app.another({ client: "other" });
    const headers = new Headers({ cookie: `__Host-cs-other=${ann.cookie}` });
    expect(await other.read({ headers })).toEqual(nobody);
    expect(await seenBy({ url: "https://other.example" })).toEqual(nobody);
    expect(await seenBy({ secrets: [NEW] })).toEqual(nobody);
    expect(await seenBy({})).toMatchObject({ status: "signed-in" });
  });

  test("is nobody's when something else was encrypted with the same key", async () => {
    const claims = { record: {}, exp: 9e9 };
    const foreign = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(SECRET);
    ann.cookie = foreign;
    expect(await seenBy({})).toEqual(nobody);
  });

  test("corpus 64: there twice is nobody's", async () => {
    const bob = await app.person();
    const headers = new Headers({ cookie: `${COOKIE}=${bob.cookie}; ${COOKIE}=${ann.cookie}` });
    expect(await app.sessions.read({ headers })).toEqual(nobody);
  });

  test("is read under an old key while that is listed, and renewed under the first one", async () => {
    const rolling = app.another({ secrets: [NEW, SECRET] });
    expect(await rolling.read(ann.get())).toMatchObject({ status: "signed-in" });
    await app.pass(EXPIRY_MS);
    await ann.take({ headers: (await rolling.proxy(ann.get())).responseHeaders });
    expect(await seenBy({ secrets: [SECRET] })).toEqual(nobody);
    expect(await seenBy({ secrets: [NEW] })).toMatchObject({ status: "signed-in" });
  });

  test("is good for nothing after the session's absolute end, however it was kept", async () => {
    app.world.pass(91 * DAY_MS);
    try {
      expect(await seenBy({})).toEqual(nobody);
    } finally {
      app.world.pass(-91 * DAY_MS);
    }
  });

  test("by a server whose clock is some seconds behind is good, and by one that is an hour behind expired", async () => {
    for (const [behind, status] of [
      [-30_000, "signed-in"],
      [-3_600_000, "expired"],
    ] as const) {
      app.world.setClock(behind);
      expect(await seenBy({})).toMatchObject({ status });
      app.world.setClock(-behind);
    }
  });

  test("that browsers would drop for its size is an error that says so, and no session is left behind", async () => {
    const audiences = Array.from({ length: 8 }, (_, index) => `https://api-${index}.example`);
    const site = await openSite({
      audiences: audiences.map((audience) => ({ audience, permissions: [] })),
      clients: [],
    });
    setDefaultCACertificates([...getCACertificates("default"), site.authority]);
    try {
      // The terminal's tokens are for every API that there is.
      const wide = app.another({ url: `${site.origin}/auth`, client: "cli", audiences });
      const error = await wide.handle(plainBrowser().post("sign-up", newAccount())).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CookieTooLargeError);
      expect(String(error)).toMatch(/^CookieTooLargeError: audiences: .* name fewer APIs$/);
      expect(site.door.to("/auth/session/end")).toHaveLength(1);
    } finally {
      await site.close();
    }
  });
});

describe("a setting that cannot be right is named", () => {
  test.each<[string, Partial<ServerSessionsOptions>]>([
    ["secrets", { secrets: [] }],
    ["secrets", { secrets: [new Uint8Array(16)] }],
    ["secrets", { secrets: ["a password"] }],
    ["url", { url: "http://auth.example" }],
    ["origin", { origin: "http://app.example" }],
    ["origin", { origin: "https://app.example/" }],
    ["audiences", { audiences: ["api"] }],
    ["client", { client: "a;b" }],
    ["path", { path: "session/" }],
  ])("%s", (name, wrong) => {
    expect(() => app.another(wrong)).toThrow(new RegExp(`^${name}: `));
  });

  test("and a key in base64url is one", () => {
    expect(() => app.another({ secrets: [Buffer.from(SECRET).toString("base64url")] })).not.toThrow();
  });
});
