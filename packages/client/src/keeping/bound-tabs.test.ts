import { describe, expect, test } from "vitest";
import { newAccount, PASSWORD } from "../testing/house.ts";
import { loseKeys } from "../testing/lost-keys.ts";
import { accountOf, EXPIRY_MS, signedInTabs, statusOf, who } from "../testing/signed-in-tabs.ts";
import { openSite } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { begin, type Tab } from "../testing/tab.ts";

const stage = openStage(() => openSite({}, "bound"));

/** Within the second that PROTOCOL allows. */
const withinASecond = { timeout: 1_000, interval: 20 };

const signedIn = (tabs: number) => signedInTabs(stage.site, stage.context, tabs) as Promise<[Tab, Tab]>;
/** Why it could not be renewed; `undefined` where it was. */
const refresh = ({ run }: Tab) =>
  run((client) =>
    client.session.refresh().then(
      () => undefined,
      (error) => error.reason as string,
    ),
  );
/** Two tabs of one session, whose key is in the memory of the first one and nowhere else: the second was loaded anew. */
const withKeyLost = async (): Promise<[Tab, Tab]> => {
  const [first, second] = await signedIn(2);
  // Each has its key by now.
  for (const tab of [first, second]) await who(tab);
  await loseKeys(first);
  await second.page.reload();
  const again = await begin(stage.site, second.page);
  await again.ready();
  return [first, again];
};

describe("two tabs in bound mode", () => {
  test("client case 18: signing out in one of them reaches the other within a second", async () => {
    const [first, second] = await signedIn(2);
    await first.run((client) => client.session.end());
    await expect.poll(() => statusOf(second), withinASecond).toBe("signed-out");
    expect((await second.happenings()).accounts).toEqual([undefined]);
  });

  test("client case 20: signing in as somebody else in one of them drops what the other has of the one before", async () => {
    const [first, second] = await signedIn(2);
    const before = await accountOf(first);
    await second.run((client, account) => client.signUp(account), newAccount());
    const after = await accountOf(second);
    expect(after).not.toBe(before);
    await expect.poll(() => accountOf(first), withinASecond).toBe(after);
    expect((await first.happenings()).accounts).toEqual([after]);
    expect(await Promise.all([first, second].map(who))).toEqual([after, after]);
  });

  test("client case 28: whose key is lost both go on with the one that a sign-in in one of them has made", async () => {
    const [first, second] = await withKeyLost();
    const account = await second.run((client) => client.api.account.me.query());
    expect(await refresh(second)).toBe("key_mismatch");
    await second.run((client, given) => client.signIn(given), { email: account.email, password: PASSWORD });
    const session = await second.run(({ session: { state } }) => "session" in state && state.session);
    await expect.poll(() => first.state(), withinASecond).toMatchObject({ session });
    expect(await who(first)).toBe(account.id);
    expect([await refresh(first), await refresh(second)]).toEqual([undefined, undefined]);
    await stage.site.pass(EXPIRY_MS);
    expect(await Promise.all([first, second].map(who))).toEqual([account.id, account.id]);
    expect((await first.happenings()).warnings).toEqual([]);
  });

  test("client case 28: the one that has no key signs nobody out who has it, and gets it from there", async () => {
    const [first, second] = await withKeyLost();
    const account = await accountOf(first);
    expect(await refresh(second)).toBe("key_mismatch");
    await stage.site.pass(EXPIRY_MS);
    await expect(who(second)).rejects.toThrow();
    expect(await statusOf(second)).toBe("signed-out");
    // Shown again it finds the same session, which it cannot go on with.
    await second.page.evaluate("dispatchEvent(new Event('online'))");
    await first.page.evaluate("dispatchEvent(new Event('online'))");
    expect(await who(first)).toBe(account);
    await expect.poll(() => accountOf(second), withinASecond).toBe(account);
    expect((await second.happenings()).states).not.toContain("offline");
    expect(await who(second)).toBe(account);
    expect([await refresh(first), await refresh(second)]).toEqual([undefined, undefined]);
  });

  test("client case 28: a refused proof is made once more with the key that is kept by now", async () => {
    const [first, second] = await withKeyLost();
    // With a key of its own, which is good for nothing.
    await second.run((client) => client.session.accessToken());
    expect(await refresh(first)).toBeUndefined();
    expect(await refresh(second)).toBeUndefined();
    expect((await second.happenings()).warnings).toEqual([]);
  });
});
