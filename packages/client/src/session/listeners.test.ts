import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { memoryStorage } from "../keeping/storage.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { createListeners } from "./listeners.ts";
import type { SessionWarning } from "./session-state.ts";

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person();
  house.auth.forget();
});
afterAll(() => house.close());

const bad = new Error("bad listener");

describe("client case 22: a listener", () => {
  test("that throws breaks neither the refresh nor the other listeners, and is reported", async () => {
    const warnings: SessionWarning[] = [];
    const heard: string[] = [];
    person.session.onWarning(() => {
      throw bad;
    });
    person.session.onWarning((warning) => warnings.push(warning));
    person.session.subscribe(() => {
      throw bad;
    });
    person.session.subscribe(({ status }) => heard.push(status));
    await person.session.refresh();
    expect(heard).toEqual(["refreshing", "signed-in"]);
    expect(warnings).toEqual([
      { kind: "listener", cause: bad },
      { kind: "listener", cause: bad },
    ]);
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
  });

  test("that refreshes while a refresh is under way joins it, and nobody waits for ever", async () => {
    const joined: Promise<void>[] = [];
    const stop = person.session.subscribe(({ status }) => {
      if (status === "refreshing") joined.push(person.session.refresh());
    });
    await person.session.refresh();
    stop();
    await Promise.all(joined);
    expect(joined).toHaveLength(1);
    expect(house.auth.to("/session/refresh")).toHaveLength(1);
  });

  test("that calls the API from inside gets its answer", async () => {
    const answers: Promise<{ email: string }>[] = [];
    person.session.subscribe(() => answers.push(person.api.account.me.query()));
    await person.session.refresh();
    expect((await Promise.all(answers)).map(({ email }) => email)).toEqual([
      person.account.email,
      person.account.email,
    ]);
  });

  test("that signs out during a refresh is obeyed", async () => {
    let ended: Promise<void> | undefined;
    const states: string[] = [];
    person.session.subscribe(({ status }) => {
      states.push(status);
      if (status === "refreshing") ended ??= person.session.end();
    });
    await person.session.refresh();
    await ended;
    expect(states).toEqual(["refreshing", "signed-out"]);
    expect(person.session.state).toEqual({ status: "signed-out" });
  });

  test("of the account hears of every other account, before the state is told", async () => {
    const other = await house.person();
    const heard: unknown[] = [];
    person.session.onAccountChange((account) => heard.push(account));
    person.session.subscribe(({ status }) => heard.push(status));
    const idOf = ({ session }: Person) => ("account" in session.state ? session.state.account : undefined);
    const own = idOf(person);
    await person.session.end();
    await person.signIn(other.account);
    await person.signIn(other.account);
    await person.signIn(person.account);
    expect(heard).toEqual([undefined, "signed-out", idOf(other), "signed-in", "signed-in", own, "signed-in"]);
  });

  test("of the account hears nothing of whom the first look into storage finds", async () => {
    const storage = memoryStorage();
    const kept = await house.person({ storage });
    const heard: unknown[] = [];
    const again = house.client({ storage });
    again.session.onAccountChange((...told) => heard.push(told));
    expect(await again.session.ready()).toEqual(kept.session.state);
    expect(heard).toEqual([]);
  });

  test("hears nothing once it has stopped", async () => {
    const heard: string[] = [];
    person.session.subscribe(({ status }) => heard.push(status))();
    await person.session.refresh();
    expect(heard).toEqual([]);
  });
});

test("listeners hear the same story in the same order, whatever they do on hearing it", () => {
  const listeners = createListeners<[number]>(() => undefined);
  const stories: number[][] = [[], []];
  listeners.add((told) => {
    stories[0]?.push(told);
    if (told < 3) listeners.tell(told + 1);
  });
  listeners.add((told) => stories[1]?.push(told));
  listeners.tell(1);
  expect(stories).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});
