import { describe, expect, test } from "vitest";
import type { Notes } from "../page.ts";
import type { SessionRecord } from "../session/session-record.ts";
import type { SessionWarning } from "../session/session-state.ts";
import { createCookieStore } from "./cookie-store.ts";

const NOTE = "countersign.web@app.test";

function record(session: string): SessionRecord {
  return { version: 1, account: "account", session, endsAt: 2, serverTime: 1, rotation: 0, askedAt: 1, tokens: [] };
}

const [mine, other] = [record("mine"), record("other")];
const held = () => true;

/** Notes that two pages share, as `localStorage` is. */
function openOrigin() {
  const kept = new Map<string, string>();
  const notes: Notes = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
  const warnings: SessionWarning[] = [];
  const page = (from: Notes = notes) =>
    createCookieStore({
      name: "web@app.test",
      audience: "https://app.test/auth",
      notes: from,
      warn: (warning) => warnings.push(warning),
    });
  return { page, notes, warnings, note: () => kept.get(NOTE) };
}

describe("the note of a browser's session", () => {
  test("says at the start whether the server is worth a question", async () => {
    const { page, notes } = openOrigin();
    expect(await page().load()).toEqual({ kind: "cookie" });
    for (const [text, kind] of [
      ["signed-in of another version", "cookie"],
      ["signed-out", "gone"],
      ["ending mine", "gone"],
      ["something else", "cookie"],
    ] as const) {
      notes.setItem(NOTE, text);
      expect(await page().load()).toEqual({ kind });
    }
  });

  test("says whose session it is and when it ends, what they may do, and no token", async () => {
    const { page, note } = openOrigin();
    const token = { audience: "https://app.test/auth", accessToken: "secret", life: 1, scope: "users:read" };
    await page().put({ ...mine, refreshToken: "secret", tokens: [token] }, held);
    const known = { account: "account", session: "mine", endsAt: 2, permissions: ["users:read"] };
    expect(page().lastKnown()).toEqual(known);
    expect(note()).not.toContain("secret");
  });

  test("of another page is followed: signed out, ending, and somebody else", async () => {
    const origin = openOrigin();
    const [here, there] = [origin.page(), origin.page()];
    await here.put(mine, held);
    await there.load();
    expect(await here.look(mine)).toEqual({ kind: "mine" });
    await there.put(other, held);
    expect(await here.look(mine)).toEqual({ kind: "cookie" });
    await here.put(mine, held);
    await there.bury(mine);
    expect(await here.look(mine)).toEqual({ kind: "gone" });
    await here.put(mine, held);
    await there.drop(mine);
    expect(await here.look(mine)).toEqual({ kind: "gone" });
  });

  test("client case 12: that was cleared changes nothing for who is signed in", async () => {
    const { page, notes } = openOrigin();
    const here = page();
    await here.put(mine, held);
    notes.setItem(NOTE, "");
    expect(await here.look(mine)).toEqual({ kind: "mine" });
    expect(await here.save(mine, held)).toEqual({ kind: "mine" });
  });

  test("client case 21: is not written by a refresh that comes after a sign-out, here or there", async () => {
    const origin = openOrigin();
    const [here, there] = [origin.page(), origin.page()];
    await here.put(mine, held);
    expect(await here.save(mine, () => false)).toEqual({ kind: "gone" });
    await there.bury(mine);
    expect(await here.save(mine, held)).toEqual({ kind: "gone" });
    expect(origin.note()).toBe("ending mine");
  });

  test("of somebody else outlives the sign-out of the session before", async () => {
    const origin = openOrigin();
    const [here, there] = [origin.page(), origin.page()];
    await here.put(mine, held);
    await there.put(other, held);
    await here.bury(mine);
    await here.drop(mine);
    expect(origin.page().lastKnown()).toMatchObject({ session: "other" });
    expect(await here.buried()).toEqual([]);
  });

  test("that something must end stays until the server knows", async () => {
    const { page, note } = openOrigin();
    await page().bury(undefined);
    expect(await page().buried()).toEqual([{ session: "" }]);
    await page().settle("another");
    expect(note()).toBe("ending ");
    await page().settle("");
    expect(note()).toBe("signed-out");
  });

  test("client case 12: is kept in memory where the browser takes none, after a warning", async () => {
    const { page, warnings } = openOrigin();
    const refuse = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const here = page({ getItem: refuse, setItem: refuse });
    await here.load();
    await here.put(mine, held);
    await here.bury(mine);
    expect(await here.buried()).toEqual([{ session: "mine" }]);
    await here.settle("mine");
    expect(await here.buried()).toEqual([]);
    expect(new Set(warnings.map((warning) => "problem" in warning && warning.problem))).toEqual(new Set(["failed"]));
  });
});
