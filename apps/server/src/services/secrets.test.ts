import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nextGeneration } from "./testing/next-generation.ts";
import { reasonOf } from "./testing/reason-of.ts";
import { openTestIssuer, PASSWORD, SOMEBODY, TERMINAL, type TestIssuer } from "./testing/test-issuer.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

/** Everything that the database holds, as text, by table. */
function dump(): Map<string, string> {
  const { database } = issuer.options;
  if (!("sqlite" in database)) throw new Error("not a file");
  const file = new DatabaseSync(database.sqlite, { readOnly: true });
  const tables = file.prepare("select name from sqlite_schema where type = 'table'").all();
  const all = new Map(
    tables.map(({ name }) => [String(name), JSON.stringify(file.prepare(`select * from "${name}"`).all())]),
  );
  file.close();
  return all;
}

/** Lives through everything that a secret is made or presented for, and answers them all. */
async function liveOnce(): Promise<string[]> {
  const { services } = issuer;
  const link = (await services.setUp.link()) ?? "";
  const used = link.split("#")[1] ?? "";
  const admin = { email: "admin@example.com", name: "Ada", password: PASSWORD };
  const setUp = await services.setUp.redeem({ ...admin, secret: used }, TERMINAL, SOMEBODY);
  const first = await services.sessions.start({ ...TERMINAL, handoff: setUp.handoff }, SOMEBODY);
  const actor = { ...SOMEBODY, id: first.account, session: first.session };
  const waiting = await services.signIn.run("password", { email: admin.email, password: PASSWORD }, TERMINAL, SOMEBODY);
  const invitation = await services.invitations.create({ email: "ann@example.com", roles: [] }, actor);
  const second = await services.sessions.refresh({ client: "cli", refreshToken: first.refresh_token ?? "" }, SOMEBODY);
  await nextGeneration(issuer.store, first.session);
  const permissions = [{ audience: services.issuer, permission: "feed:read" }];
  const service = await services.servicePrincipals.create({ name: "reader", permissions }, actor);
  const rotated = await services.servicePrincipals.rotate(service.id, actor);
  const credential = { id: service.id, secret: service.secret.secret };
  const serviceToken = await services.serviceTokens.issue(credential, SOMEBODY);
  const refused = [
    () => services.serviceTokens.issue({ ...credential, secret: "Tr0ub4dor&3 typed" }, SOMEBODY),
    () => services.signIn.run("password", { email: admin.email, password: "Tr0ub4dor&3 typed" }, TERMINAL, SOMEBODY),
    () => services.signIn.run("password", { email: "typed-password@example.com", password: "x" }, TERMINAL, SOMEBODY),
    () => services.accounts.changePassword({ current: "Tr0ub4dor&3 typed", next: PASSWORD }, actor),
    () => services.setUp.redeem({ ...admin, secret: used }, TERMINAL, SOMEBODY),
    () => services.sessions.start({ ...TERMINAL, handoff: setUp.handoff }, SOMEBODY),
    () => services.sessions.refresh({ client: "cli", refreshToken: first.refresh_token ?? "" }, SOMEBODY),
  ];
  for (const attempt of refused) expect(await reasonOf(attempt())).toBeDefined();
  const replies = [first, second];
  return [
    PASSWORD,
    "Tr0ub4dor&3 typed",
    used,
    invitation.secret ?? "",
    service.secret.secret,
    rotated.secret.secret,
    ...serviceToken.access_token.split("."),
    ...[setUp, waiting].flatMap(({ handoff }) => handoff.split(".")[0] ?? []),
    ...replies.flatMap(({ refresh_token = "" }) => refresh_token.split(".").at(-1) ?? []),
    ...replies.flatMap(({ tokens }) => tokens.flatMap(({ access_token }) => access_token.split("."))),
  ];
}

test("ASVS 6.5.2, 7.2.3: no secret that was given to anybody is in the database", async () => {
  const secrets = await liveOnce();
  expect(secrets.length).toBeGreaterThan(15);
  for (const [table, text] of dump()) {
    expect(
      secrets.filter((secret) => text.includes(secret)),
      table,
    ).toEqual([]);
  }
});

test("server case 18, ASVS 16.2.5: the audit holds neither secrets, hashes nor what was typed into a form", async () => {
  const secrets = await liveOnce();
  const tables = dump();
  const entries = ["audit", "audit_unsealed"].flatMap((table) => JSON.parse(tables.get(table) ?? ""));
  expect(entries.length).toBeGreaterThan(10);
  const audit = JSON.stringify(entries);
  expect([...secrets, "typed-password", "argon2", "@example.com"].filter((secret) => audit.includes(secret))).toEqual(
    [],
  );
  for (const table of ["handoffs", "invitations", "set_up", "service_secrets"]) {
    for (const row of JSON.parse(tables.get(table) ?? "[]")) expect(audit).not.toContain(row.hash);
  }
});

test("ASVS 11.4.2: passwords are kept as argon2id, keys and secrets sealed", async () => {
  await liveOnce();
  const tables = dump();
  expect(tables.get("accounts")).toMatch(/"password_hash":"\$argon2id\$/);
  for (const table of ["signing_keys", "refresh_secrets"]) {
    for (const { sealed } of JSON.parse(tables.get(table) ?? "[]")) expect(sealed).toMatch(/^s1\./);
  }
});
