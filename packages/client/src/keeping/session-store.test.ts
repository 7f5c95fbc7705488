import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { CountersignClient } from "../create-client.ts";
import type { SessionWarning } from "../session/session-state.ts";
import { type House, newAccount, openHouse } from "../testing/house.ts";
import { KEPT } from "../testing/key.ts";
import { createStillWorld } from "../testing/test-world.ts";
import { memoryStorage, type TokenStorage } from "./storage.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

const warningsOf = ({ session }: { readonly session: ReturnType<House["client"]>["session"] }) => {
  const warnings: SessionWarning[] = [];
  session.onWarning((warning) => warnings.push(warning));
  return warnings;
};

/** A storage in which some operations do something else first. */
const storageWith = (own: Partial<TokenStorage>, storage = memoryStorage()): TokenStorage => ({ ...storage, ...own });
const broken = () => {
  throw new Error("QuotaExceededError");
};
const never = () => new Promise<never>(() => undefined);

describe("client case 12: storage", () => {
  test.each<[keyof TokenStorage, TokenStorage]>([
    ["get", storageWith({ get: broken })],
    ["set", storageWith({ set: broken })],
    ["get", storageWith({ get: async () => broken() })],
    ["get", { get: broken, set: broken, remove: broken }],
  ])("that throws (%s) leaves the session in memory, with a warning", async (operation, storage) => {
    const client = house.client({ storage });
    const warnings = warningsOf(client);
    const account = newAccount();
    await client.signUp(account);
    await client.session.refresh();
    expect((await client.api.account.me.query()).email).toBe(account.email);
    expect(warnings).toContainEqual({ kind: "storage", operation, problem: "failed" });
    await client.session.end();
    expect(client.session.state).toEqual({ status: "signed-out" });
    await expect(client.signIn(account)).resolves.toBeUndefined();
    expect(await client.api.account.sessions.query()).toHaveLength(1);
  });

  test.each<keyof TokenStorage>(["get", "set"])(
    "that hangs (%s) is waited for two seconds at most",
    async (operation) => {
      const world = createStillWorld();
      const reached = Promise.withResolvers<void>();
      const hang = () => {
        reached.resolve();
        return never();
      };
      const client = house.client({ storage: storageWith({ [operation]: hang }), world });
      const warnings = warningsOf(client);
      const account = newAccount();
      const signedUp = client.signUp(account);
      await reached.promise;
      world.pass(1_999);
      expect(warnings).toEqual([]);
      world.pass(1);
      expect(warnings[0]).toEqual({ kind: "storage", operation, problem: "too_slow" });
      await signedUp;
      // From then on, nobody waits for it.
      await client.session.refresh();
      expect((await client.api.account.me.query()).email).toBe(account.email);
      await client.session.end();
    },
  );

  describe("that opens after three seconds, as a keychain does whose owner has to unlock it", () => {
    /** A client that has waited for its storage as long as it does. */
    const waiting = async () => {
      const inner = memoryStorage();
      const before = await house.person({ storage: inner });
      const gate = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      const read: string[] = [];
      const get = async (key: string) => {
        reached.resolve();
        await gate.promise;
        read.push(key);
        return await inner.get(key);
      };
      const world = createStillWorld();
      const client = house.client({ storage: storageWith({ get }, inner), world });
      await reached.promise;
      world.pass(2_000);
      expect(await client.session.ready()).toEqual({ status: "signed-out" });
      return { client, before, read, open: gate.resolve };
    };

    test("signs in who is kept there", async () => {
      const { client, before, open } = await waiting();
      open();
      await vi.waitUntil(() => client.session.state.status === "signed-in");
      expect(client.session.state).toEqual(before.session.state);
      await client.session.refresh();
      expect((await client.api.account.me.query()).email).toBe(before.account.email);
    });

    test("signs nobody in where somebody has signed in meanwhile", async () => {
      const { client, open } = await waiting();
      const account = newAccount();
      await client.signUp(account);
      open();
      await client.session.refresh();
      expect((await client.api.account.me.query()).email).toBe(account.email);
    });

    test("signs nobody in where somebody has signed out meanwhile", async () => {
      const { client, read, open } = await waiting();
      await client.session.end();
      open();
      // The session, and what must still end.
      await vi.waitUntil(() => read.length === 2);
      expect(client.session.state).toEqual({ status: "signed-out" });
    });
  });

  test("that was slow, and goes on after signing out, keeps nothing", async () => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const done: string[] = [];
    const inner = memoryStorage();
    const slow: Partial<TokenStorage> = {
      set: async (key, value) => {
        reached.resolve();
        await gate.promise;
        await inner.set(key, value);
        done.push(`set ${key}`);
      },
      remove: async (key) => {
        await inner.remove(key);
        done.push(`remove ${key}`);
      },
    };
    const world = createStillWorld();
    const client = house.client({ storage: storageWith(slow, inner), world });
    const signedUp = client.signUp(newAccount());
    await reached.promise;
    world.pass(2_000);
    await signedUp;
    expect(client.session.state.status).toBe("signed-in");
    await client.session.end();
    gate.resolve();
    await vi.waitUntil(() => done.length === 2);
    expect(done).toEqual([`set ${KEPT}`, `remove ${KEPT}`]);
  });

  test("that its owner clears signs out at the next renewal, and what was renewed is not kept", async () => {
    const storage = memoryStorage();
    const person = await house.person({ storage });
    house.auth.decide(async ({ path }) => {
      if (path === "/session/refresh") await storage.remove(KEPT);
      return undefined;
    });
    await person.session.refresh();
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(await storage.get(KEPT)).toBeNull();
  });

  test.each(["{", "null", "[]", '{"version":2}', '{"version":1,"account":"a"}', '{"version":1,"tokens":[{}]}'])(
    "that holds %s is as good as empty, with a warning, and the next sign-in is kept",
    async (text) => {
      const storage = memoryStorage();
      await storage.set(KEPT, text);
      const client = house.client({ storage });
      const warnings = warningsOf(client);
      expect(await client.session.ready()).toEqual({ status: "signed-out" });
      expect(warnings).toEqual([{ kind: "storage", operation: "get", problem: "unreadable" }]);
      await client.signUp(newAccount());
      expect(await house.client({ storage }).session.ready()).toEqual(client.session.state);
    },
  );

  test("ASVS 14.3.3: holds a session and its tokens, and nothing else of a person", async () => {
    const kept = new Map<string, string>();
    const client = house.client({
      storage: {
        get: (key) => kept.get(key) ?? null,
        set: (key, text) => void kept.set(key, text),
        remove: (key) => void kept.delete(key),
      },
    });
    const account = newAccount();
    await client.signUp(account);
    await client.api.account.me.query();
    expect([...kept.keys()]).toEqual([KEPT]);
    const text = kept.get(KEPT) ?? "";
    const fields = [
      "version",
      "account",
      "session",
      "endsAt",
      "serverTime",
      "rotation",
      "refreshToken",
      "askedAt",
      "tokens",
    ];
    expect(Object.keys(JSON.parse(text))).toEqual(fields);
    for (const secret of [account.email, account.name, account.password]) expect(text).not.toContain(secret);
  });

  test("with a token that no header can carry is not believed", async () => {
    const storage = memoryStorage();
    await house.person({ storage });
    const record = JSON.parse((await storage.get(KEPT)) ?? "");
    record.tokens[0].accessToken = "two\r\nlines";
    await storage.set(KEPT, JSON.stringify(record));
    expect(await house.client({ storage }).session.ready()).toEqual({ status: "signed-out" });
  });

  test("of the browser's kind serves as it is", async () => {
    const kept = new Map<string, string>();
    const storage: TokenStorage = {
      get: async (key) => kept.get(key) as string,
      set: async (key, value) => void kept.set(key, value),
      remove: async (key) => void kept.delete(key),
    };
    const person = await house.person({ storage });
    const again = house.client({ storage });
    expect(await again.session.ready()).toEqual(person.session.state);
    expect((await again.api.account.me.query()).email).toBe(person.account.email);
  });
});

describe("what is found in storage is not taken over", () => {
  const sentTokens = () => house.auth.to("/session/refresh").map(({ body }) => JSON.parse(body).refresh_token);

  test("where it is older than what is held: somebody slow wrote it after all", async () => {
    const storage = memoryStorage();
    const person = await house.person({ storage });
    const old = (await storage.get(KEPT)) ?? "";
    await person.session.refresh();
    const { refreshToken } = JSON.parse((await storage.get(KEPT)) ?? "");
    await storage.set(KEPT, old);
    house.auth.forget();
    await person.session.refresh();
    expect(sentTokens()).toEqual([refreshToken]);
    expect(JSON.parse((await storage.get(KEPT)) ?? "")).toMatchObject({ rotation: 2 });
  });

  test("where it was there before a sign-in that could not be kept", async () => {
    const inner = memoryStorage();
    await house.person({ storage: inner });
    let isBroken = true;
    const storage: TokenStorage = {
      get: (key) => (isBroken ? broken() : inner.get(key)),
      set: (key, value) => (isBroken ? broken() : inner.set(key, value)),
      remove: (key) => inner.remove(key),
    };
    const person = await house.person({ storage });
    const before = person.session.state;
    isBroken = false;
    await person.session.refresh();
    expect(person.session.state).toEqual(before);
    expect(await house.client({ storage: inner }).session.ready()).toEqual(before);
  });
});

describe("client case 21: signing out while a renewed session is being kept", () => {
  /** Holds one operation on the kept session back. */
  const gated = (operation: "get" | "set") => {
    const inner = memoryStorage();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const writes: string[] = [];
    let isArmed = false;
    const wait = async (key: string) => {
      if (!isArmed || key !== KEPT) return;
      isArmed = false;
      reached.resolve();
      await gate.promise;
    };
    const storage = storageWith(
      {
        get: async (key) => {
          if (operation === "get") await wait(key);
          return await inner.get(key);
        },
        set: async (key, value) => {
          if (operation === "set") await wait(key);
          await inner.set(key, value);
          if (key === KEPT) writes.push(value);
        },
      },
      inner,
    );
    return { inner, storage, writes, reached: reached.promise, open: gate.resolve, arm: () => (isArmed = true) };
  };

  test.each(["get", "set"] as const)("by the same client (at its %s)", async (operation) => {
    const { inner, storage, writes, reached, open, arm } = gated(operation);
    const person = await house.person({ storage });
    house.auth.decide(({ path }) => {
      if (path === "/session/refresh") arm();
      return undefined;
    });
    const refreshed = person.session.refresh();
    await reached;
    const ended = person.session.end();
    await vi.waitUntil(() => person.session.state.status === "signed-out");
    const before = writes.length;
    open();
    await Promise.all([refreshed, ended]);
    // Between the look and the write, nothing is written; after the write, it is taken back.
    expect(writes.length - before).toBe(operation === "get" ? 0 : 1);
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(await inner.get(KEPT)).toBeNull();
  });

  test("before the reply came: the reply is nobody's", async () => {
    const storage = memoryStorage();
    const person = await house.person({ storage });
    let ended: Promise<void> | undefined;
    house.auth.decide(({ path }) => {
      if (path === "/session/refresh") ended = person.session.end();
      return undefined;
    });
    await person.session.refresh();
    await ended;
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(await storage.get(KEPT)).toBeNull();
  });

  test("by another holder of the storage, between the look and the write", async () => {
    const inner = memoryStorage();
    const others: CountersignClient[] = [];
    const storage = storageWith(
      {
        set: async (key, value) => {
          for (const other of others.splice(0)) await other.session.end();
          await inner.set(key, value);
        },
      },
      inner,
    );
    const person = await house.person({ storage });
    others.push(house.client({ storage: inner }));
    // The note that it must end is still there when this one looks again.
    house.auth.decide(({ path }) => (path === "/session/end" ? "cut" : undefined));
    await person.session.refresh();
    expect(others).toEqual([]);
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(await inner.get(KEPT)).toBeNull();
  });
});
