import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";
import type { SignInRequest } from "./handoffs.ts";

const CONSOLE = { client: "console", origin: ISSUER };

let issuer: TestIssuer;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const handoffFor = async (request: SignInRequest = TERMINAL) => {
  const credentials = { email: ann.email, password: PASSWORD };
  return (await issuer.services.signIn.run("password", credentials, request, SOMEBODY)).handoff;
};
const start = (handoff: string, request: SignInRequest = TERMINAL) =>
  issuer.services.sessions.start({ ...request, handoff }, SOMEBODY);

describe("a handoff", () => {
  test("is redeemed once", async () => {
    const handoff = await handoffFor();
    await start(handoff);
    expect(await reasonOf(start(handoff))).toBe("invalid_grant");
    const [record] = await issuer.store.audit.list({ limit: 1, event: "session.start_refused" });
    expect(record?.detail).toEqual({ cause: "handoff: unknown" });
  });

  test("is redeemed by one of 20 who try at once", async () => {
    const handoff = await handoffFor();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => reasonOf(start(handoff))));
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(outcomes.filter((reason) => reason === "invalid_grant")).toHaveLength(19);
    expect(await issuer.services.sessions.list(ann.id)).toHaveLength(2);
  });

  test("dies after 60 seconds", async () => {
    const [early, late] = [await handoffFor(), await handoffFor()];
    issuer.world.advance(59_999);
    await start(early);
    issuer.world.advance(1);
    expect(await reasonOf(start(late))).toBe("invalid_grant");
  });

  test.each([
    { what: "another client", request: { client: "console", origin: null } },
    { what: "a browser, where none signed in", request: { client: "cli", origin: ISSUER } },
  ])("ASVS 10.1.2: is refused to $what, and stays good where it belongs", async ({ request }) => {
    const handoff = await handoffFor();
    expect(await reasonOf(start(handoff, request))).toBe("invalid_grant");
    await expect(start(handoff)).resolves.toMatchObject({ account: ann.id });
  });

  test.each(["https://evil.example", "null", `${ISSUER}.evil.example`, null])(
    "ASVS 10.1.2: of a browser is refused to %s",
    async (origin) => {
      const handoff = await handoffFor(CONSOLE);
      expect(await reasonOf(start(handoff, { client: "console", origin }))).toBe("invalid_grant");
      await expect(start(handoff, CONSOLE)).resolves.toMatchObject({ account: ann.id });
    },
  );

  test.each(["", "x", `${"A".repeat(43)}.1`, `${"A".repeat(43)}`, "__proto__"])("cannot be %j", async (handoff) => {
    expect(await reasonOf(start(handoff))).toBe("invalid_grant");
  });

  test("dies when the password that made it is changed", async () => {
    const handoff = await handoffFor();
    await issuer.services.accounts.changePassword({ current: PASSWORD, next: "quite another passphrase" }, ann.actor);
    expect(await reasonOf(start(handoff))).toBe("invalid_grant");
  });

  test("does not become good again by naming the account's new version", async () => {
    const handoff = await handoffFor();
    await issuer.services.accounts.changePassword({ current: PASSWORD, next: "quite another passphrase" }, ann.actor);
    expect(await reasonOf(start(handoff.replace(/\.1$/, ".2")))).toBe("invalid_grant");
  });

  test("dies with its account", async () => {
    const admin = await issuer.administrator();
    const [disabled, removed] = [await handoffFor(), await handoffFor()];
    await issuer.services.accounts.disable(ann.id, admin.actor);
    expect(await reasonOf(start(disabled))).toBe("invalid_grant");
    await issuer.services.accounts.remove(ann.id, admin.actor);
    expect(await reasonOf(start(removed))).toBe("invalid_grant");
  });

  test("ASVS 7.2.3: is kept as a hash only", async () => {
    const handoff = await handoffFor();
    const [secret = ""] = handoff.split(".");
    expect(secret).toHaveLength(43);
    expect(await issuer.store.handoffs.take(handoff)).toBeUndefined();
    expect(await issuer.store.handoffs.take(secret)).toBeUndefined();
  });
});
