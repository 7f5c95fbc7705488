import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PUBLISHED_MS } from "@countersign/tokens";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { operate } from "../../operations/operate.ts";
import type { NumberedEntry } from "../../store/records.ts";
import type { Caller } from "../caller.ts";
import { nextGeneration } from "../testing/next-generation.ts";
import { post } from "../testing/post-method.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, openTestIssuer, PASSWORD, type Person, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";
import { auditEvents, eventsNamed } from "./audit-events.ts";

/** What steers terminals and begins lines, in everything that a stranger may choose. */
const HOSTILE = "evil\r\n\u001b[2J\u2028";
const STRANGER: Caller = { address: "198.51.100.7", userAgent: HOSTILE };
const TYPED = "Tr0ub4dor&3 typed";
const FILES = { audience: "https://files.example", permissions: ["files:read"] };
/** Events that nobody is behind but the issuer itself. */
const BY_ITSELF = [
  "installation.rewrapped",
  "installation.keys_reset",
  "installation.restored",
  "key.revoked",
  "audit.key_made",
  "access.pushed",
  "set_up.link_made",
  "mail.given_up",
  "key.published",
  "key.activated",
  "key.removed",
  "key.algorithm_set",
];
const DAY_MS = 24 * 60 * 60 * 1000;

let issuer: TestIssuer;
let admin: Person;
let ann: Person;
let begun: number;
let entries: readonly NumberedEntry[];
let secrets: readonly string[];

beforeAll(async () => {
  issuer = await openTestIssuer({
    limits: { accountFromAddress: { most: 3, windowMs: 1e6 }, serviceFromAddress: { most: 3, windowMs: 1e6 } },
    metadata: { public: z.object({ plan: z.string().optional() }) },
    signIn: [post],
  });
  begun = issuer.world.now();
  secrets = await liveThroughEverything();
  await giveUpAMail();
  await changeKeys();
  entries = [...(await allEntries()), ...(await operateOnAnother())];
});
afterAll(() => issuer.close());

async function allEntries(): Promise<NumberedEntry[]> {
  const all: NumberedEntry[] = [];
  for (let page = 0; page === 0 || all.length === page * 100; page += 1) {
    all.push(...(await issuer.store.audit.list({ limit: 100, after: all.at(-1)?.id })));
  }
  return all;
}

/** Everything that there is an event for, by the front door. Answers what must never be written down. */
async function liveThroughEverything(): Promise<string[]> {
  const { services } = issuer;
  const { access, accounts, invitations, roles, sessions, setUp, signIn, signUps } = services;
  const link = (await setUp.link())?.split("#")[1] ?? "";
  admin = await issuer.administrator();
  ann = await issuer.person("ann");
  const refused = async (attempt: Promise<unknown>) => expect(await reasonOf(attempt)).toBeDefined();
  const login = (email: string, password: string) => signIn.run("password", { email, password }, TERMINAL, STRANGER);
  const refresh = (refreshToken = "") => sessions.refresh({ client: "cli", refreshToken }, STRANGER);

  const again = { email: "eve@example.com", name: HOSTILE, password: PASSWORD };
  await refused(setUp.redeem({ ...again, secret: link }, TERMINAL, STRANGER));
  await refused(signUps.signUp({ ...again, name: "Eve", invitation: link }, TERMINAL, STRANGER));
  for (let attempt = 0; attempt < 4; attempt += 1) await refused(login(ann.email, TYPED));

  const { handoff } = await signIn.run("password", { email: ann.email, password: PASSWORD }, TERMINAL, ann.actor);
  const phone = await sessions.start({ ...TERMINAL, handoff }, ann.actor);
  await refused(sessions.start({ ...TERMINAL, handoff }, STRANGER));
  await refused(refresh(`${phone.refresh_token}x`));
  await refused(sessions.refresh({ client: HOSTILE, refreshToken: phone.refresh_token ?? "" }, STRANGER));
  const second = await refresh(phone.refresh_token);
  await nextGeneration(issuer.store, phone.session);
  for (let presented = 0; presented < 3; presented += 1) await refused(refresh(phone.refresh_token));
  const restored = await issuer.signIn(ann.email);
  const ahead = await refresh(restored.refreshToken);
  setBack(restored.reply.session);
  await refused(refresh(ahead.refresh_token));
  const laptop = await issuer.signIn(ann.email);
  await sessions.end({ client: "cli", refreshToken: laptop.refreshToken }, STRANGER);
  await sessions.end({ client: "console", refreshToken: ann.refreshToken }, STRANGER).catch(() => undefined);

  await refused(accounts.changePassword({ current: TYPED, next: "another long passphrase" }, ann.actor));
  await accounts.stepUp(PASSWORD, ann.actor);
  await accounts.changePassword({ current: PASSWORD, next: "another long passphrase" }, ann.actor);
  await refused(accounts.disable(admin.id, ann.actor));
  await signIn.run("post", (await issuer.person("dan")).email, TERMINAL, STRANGER);
  await accounts.endSessions(ann.id, admin.actor);
  await accounts.disable(ann.id, admin.actor);
  await accounts.enable(ann.id, admin.actor);
  await accounts.setMetadata(ann.id, { public: { plan: HOSTILE } }, admin.actor);

  const role = { name: "reader", description: HOSTILE.replace(/\W/g, ""), permissions: [] };
  await roles.create(role, admin.actor);
  await roles.update({ ...role, description: "Reads" }, admin.actor);
  await refused(roles.grant(ann.id, "administrator", ann.actor));
  await roles.grant(ann.id, "reader", admin.actor);
  await roles.revoke(ann.id, "reader", admin.actor);
  await roles.remove("reader", admin.actor);
  const options = { prune: false, dryRun: false, emails: false };
  await access.push(FILES, options, admin.actor);
  await refused(access.push({ ...FILES, roles: { filer: { permissions: ["files:read"] } } }, options, ann.actor));
  const invitation = await invitations.create({ email: "bob@example.com", roles: [] }, admin.actor);
  await refused(invitations.create({ email: "eve@example.com", roles: ["administrator"] }, ann.actor));
  const [{ id = "" } = {}] = await invitations.list({ limit: 1 });
  await invitations.remove(id, admin.actor);
  const ofServices = await liveAsService();
  await accounts.remove(ann.id, admin.actor);

  const replies = [admin.reply, ann.reply, phone, second, restored.reply, ahead, laptop.reply];
  return [
    PASSWORD,
    TYPED,
    "another long passphrase",
    link,
    handoff.split(".")[0] ?? "",
    invitation.secret ?? "",
    ...ofServices,
    ...replies.flatMap(({ refresh_token = "" }) => refresh_token.split(".").at(-1) ?? []),
    ...replies.flatMap(({ tokens }) => tokens.flatMap(({ access_token }) => access_token.split("."))),
  ];
}

/** A program's life. Answers what must never be written down of it. */
async function liveAsService(): Promise<string[]> {
  const { servicePrincipals, serviceTokens } = issuer.services;
  const permissions = [{ audience: ISSUER, permission: "feed:read" }];
  const { id, secret } = await servicePrincipals.create({ name: "Reader", permissions }, admin.actor);
  const { access_token } = await serviceTokens.issue({ id, secret: secret.secret }, STRANGER);
  for (let attempt = 0; attempt < 4; attempt += 1) {
    expect(await reasonOf(serviceTokens.issue({ id, secret: TYPED }, STRANGER))).toBeDefined();
  }
  expect(await reasonOf(servicePrincipals.create({ name: "Eve", permissions }, ann.actor))).toBe("not_permitted");
  const rotated = await servicePrincipals.rotate(id, admin.actor);
  await servicePrincipals.revokeSecret(id, secret.id, admin.actor);
  await servicePrincipals.update(id, [], admin.actor);
  await servicePrincipals.disable(id, admin.actor);
  await servicePrincipals.enable(id, admin.actor);
  await servicePrincipals.remove(id, admin.actor);
  return [secret.secret, rotated.secret.secret, ...access_token.split(".")];
}

/** At another instance, whose mail server is away for a day. */
async function giveUpAMail(): Promise<void> {
  const { database, world } = issuer.options;
  const send = () => Promise.reject(new Error("away"));
  const other = await openTestIssuer({ database, world, mail: { send } });
  await other.services.invitations.create({ email: "carl@example.com", roles: [] }, admin.actor);
  issuer.world.advance(2 * DAY_MS);
  await vi.waitFor(
    async () => expect(await other.store.audit.list({ limit: 1, event: "mail.given_up" })).toHaveLength(1),
    20_000,
  );
  await other.close();
}

/** What operators do, at another installation. */
async function operateOnAnother(): Promise<readonly NumberedEntry[]> {
  const { world } = issuer;
  const folder = await mkdtemp(join(tmpdir(), "countersign-"));
  const database = { sqlite: join(folder, "test.db") };
  const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)] as const;
  await (await openTestIssuer({ database, world, masterKeys: [keys[0]] })).close();
  await operate("rewrap", { issuer: ISSUER, database, world, masterKeys: [keys[1], keys[0]] });
  await operate("restored", { issuer: ISSUER, database, world, masterKeys: [keys[1]] });
  await operate("reset-keys", { issuer: ISSUER, database, world, masterKeys: [keys[2]] });
  const other = await openTestIssuer({ database, world, masterKeys: [keys[2]] });
  const done = await other.services.audit.list({ limit: 100, event: "installation" });
  await other.close();
  await rm(folder, { recursive: true });
  return done;
}

/** To another algorithm, with time for everybody to hear of it. */
async function changeKeys(): Promise<void> {
  const { keyRotation, keys } = issuer.services;
  await keyRotation.revoke(keys.ring().find(({ status }) => status === "next")?.kid ?? "", admin.actor);
  await (await openTestIssuer({ ...issuer.options, algorithm: "ES256" })).close();
  for (let hour = 0; hour < 2; hour += 1) {
    issuer.world.advance(PUBLISHED_MS);
    await keyRotation.advance();
  }
}

/** As a restored backup does. */
function setBack(session: string): void {
  if (!("sqlite" in issuer.options.database)) throw new Error("not a file");
  const file = new DatabaseSync(issuer.options.database.sqlite);
  file.prepare("update sessions set gen = 0 where id = ?").run(session);
  file.close();
}

describe("the audit of everything that can happen", () => {
  test("ASVS 16.3.1, 16.3.3: holds every event there is: who came in and who did not, and who tried to get past a rule", () => {
    const seen = new Set(entries.map(({ event }) => event));
    expect(Object.keys(auditEvents).filter((event) => !seen.has(event))).toEqual([]);
  });

  test("ASVS 16.2.1: says of each event when, what, how it went, who, from where and in which session", () => {
    for (const entry of entries) {
      const { id, at, event, outcome, actor, subject, session, address, detail } = entry;
      expect(id).toMatch(/^[\w-]{22}$/);
      expect(at).toBeGreaterThanOrEqual(begun);
      expect(at).toBeLessThanOrEqual(issuer.world.now());
      expect(outcome).toBe(auditEvents[event as keyof typeof auditEvents]);
      if (address === null) expect(BY_ITSELF).toContain(event);
      else expect(["192.0.2.1", STRANGER.address]).toContain(address);
      if (outcome === "success" && address !== null) expect(actor ?? subject, event).toMatch(/^[\w-]{22}$/);
      if (session !== null) expect(session).toMatch(/^[\w-]{22}$/);
      for (const value of Object.values(detail)) expect(value ?? "").not.toBeTypeOf("object");
    }
    const byAdmin = entries.filter(({ event }) => event === "account.disabled");
    expect(byAdmin).toMatchObject([{ actor: admin.id, subject: ann.id, session: admin.reply.session }]);
    const [wrong] = entries.filter(({ event }) => event === "sign_in.refused");
    expect(wrong).toMatchObject({ actor: null, subject: ann.id, address: STRANGER.address });
  });

  test("server case 18, ASVS 16.2.5, corpus 76: holds no secret that was given to anybody, nor what was typed", () => {
    const text = JSON.stringify(entries);
    expect(secrets.filter((secret) => secret.length < 8)).toEqual([]);
    expect(secrets.length).toBeGreaterThan(25);
    const found = [...secrets, "@example.com", "argon2"].filter((secret) => text.includes(secret));
    expect(found).toEqual([]);
    // No JWT at all. Random ids hold "eyJ" now and then, and no dot.
    expect(text).not.toMatch(/eyJ[\w-]*\./);
  });

  test("ASVS 16.4.1, corpus 75: holds nothing that begins a line or steers a terminal", () => {
    const texts = entries.flatMap(({ detail, ...entry }) => [...Object.values(entry), ...Object.values(detail)]);
    expect(texts.filter((text) => typeof text === "string" && /[^ -~]|evil/.test(text))).toEqual([]);
  });

  test("server case 18: holds one record of each theft, however often the thief comes back", () => {
    for (const event of ["session.reuse", "session.refresh_ahead"]) {
      expect(entries.filter((entry) => entry.event === event)).toHaveLength(1);
    }
  });

  test("holds no refresh that went well", () => {
    expect(Object.keys(auditEvents).filter((event) => /refresh/.test(event))).toEqual([
      "session.refresh_refused",
      "session.refresh_ahead",
    ]);
  });
});

test("ASVS 16.1.1: the page names every event and every field", () => {
  const page = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const [section = ""] = /^## The audit$.*?^### /ms.exec(page) ?? [];
  const named = [...section.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name]) => name);
  expect(named.filter((name) => name !== "audit.list").sort()).toEqual(Object.keys(auditEvents).sort());
  const fields = [...section.matchAll(/^\| `([a-z]+)` /gm)].map(([, name]) => name);
  expect(fields.sort()).toEqual(
    Object.keys(entries[0] ?? {})
      .filter((field) => field !== "id")
      .sort(),
  );
});

describe("the name of an event", () => {
  test("means that one, or all of a kind", () => {
    expect(eventsNamed("sign_in.refused")).toEqual(["sign_in.refused"]);
    expect(eventsNamed("sign_in")).toEqual(["sign_in.succeeded", "sign_in.refused", "sign_in.limited"]);
  });

  test("that does not exist is refused, so that no slip looks like a quiet day", () => {
    for (const name of ["sign", "sign_in.", "sign_in.refuse", "toString", ""]) {
      expect(() => eventsNamed(name)).toThrow(expect.objectContaining({ reason: "bad_request" }));
    }
  });
});
