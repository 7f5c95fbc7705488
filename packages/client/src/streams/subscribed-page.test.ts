import { beforeEach, expect, test } from "vitest";
import { gate } from "../testing/gate.ts";
import { newAccount } from "../testing/house.ts";
import { makeTimersSettable, passTimers } from "../testing/page-clock.ts";
import { EXPIRY_MS, signedInTabs, statusOf } from "../testing/signed-in-tabs.ts";
import { openStage } from "../testing/stage.ts";
import { begin, type Tab } from "../testing/tab.ts";

const WAIT = { timeout: 10_000, interval: 10 };
/** Within the second that PROTOCOL allows. */
const withinASecond = { timeout: 1_000, interval: 20 };

const stage = openStage();
beforeEach(() => {
  stage.site.notes.count = 0;
});

const refreshes = () => stage.site.door.to("/auth/session/refresh").length;
const streams = () => stage.site.door.to("/notes/counts");
/** Which of them go on still. */
const going = () => streams().map(({ isStreaming }) => isStreaming);
/** After which event each stream began. */
const positions = () =>
  streams().map(({ path }) => {
    const input = new URL(path, stage.site.origin).searchParams.get("input");
    return JSON.parse(input ?? "{}").json?.lastEventId;
  });

function countTo(count: number): void {
  stage.site.notes.count = count;
  stage.site.notes.counting.emit("count");
}

/** Subscribes, and notes what comes. */
const subscribe = ({ page }: Tab) =>
  page.evaluate(`
    globalThis.heard = [];
    globalThis.errors = [];
    globalThis.subscription = notes.counts.subscribe(undefined, {
      onData: ({ data }) => heard.push(data),
      onError: (error) => errors.push(reasonOf(error)),
    });
    undefined;
  `);
const heard = ({ page }: Tab) => page.evaluate("heard");
const errors = ({ page }: Tab) => page.evaluate("errors");

/** A page whose timers a test sets, where somebody new is signed in. */
async function signedIn(): Promise<Tab> {
  const page = await stage.context.newPage();
  await makeTimersSettable(page);
  await page.goto(stage.site.origin);
  const tab = await begin(stage.site, page);
  await tab.run((client, account) => client.signUp(account), newAccount());
  stage.site.door.forget();
  return tab;
}

/** Holds the stream that succeeds the first one. */
function holdSuccessor() {
  const onItsWay = gate();
  stage.site.door.decide(async ({ path }) => {
    if (path.startsWith("/notes/counts") && streams().length === 2) await onItsWay.pass();
    return undefined;
  });
  return onItsWay;
}

test("client case 27: a page's stream is succeeded before its token expires: nothing is missed, and nothing comes twice", async () => {
  const tab = await signedIn();
  const successor = holdSuccessor();
  await subscribe(tab);
  countTo(2);
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2]);
  await passTimers(tab, EXPIRY_MS);
  await successor.reached;
  // Comes by the first stream, and once more by its successor.
  countTo(3);
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2, 3]);
  successor.open();
  await expect.poll(going, WAIT).toEqual([false, true]);
  countTo(5);
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2, 3, 4, 5]);
  expect(positions()).toEqual([undefined, "2"]);
  expect([refreshes(), await errors(tab)]).toEqual([1, []]);
});

test("client case 27: a page's stream that ends with its token goes on after its last event", async () => {
  const tab = await signedIn();
  const successor = holdSuccessor();
  await subscribe(tab);
  countTo(2);
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2]);
  await stage.site.pass(EXPIRY_MS);
  await successor.reached;
  // Nobody listens just now.
  expect(going()).toEqual([false, undefined]);
  countTo(4);
  successor.open();
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2, 3, 4]);
  countTo(5);
  await expect.poll(() => heard(tab), WAIT).toEqual([1, 2, 3, 4, 5]);
  expect(positions()).toEqual([undefined, "2"]);
  expect([refreshes(), await errors(tab)]).toEqual([1, []]);
});

test("client case 18, 27: a stream in one tab ends when another one signs out, before the server hears of it", async () => {
  const [first, second] = (await signedInTabs(stage.site, stage.context, 2)) as [Tab, Tab];
  await subscribe(first);
  countTo(1);
  await expect.poll(() => heard(first), WAIT).toEqual([1]);
  const onItsWay = gate();
  stage.site.door.decide(async ({ path }) => {
    if (path === "/auth/session/end") await onItsWay.pass();
    return undefined;
  });
  const ended = second.run((client) => client.session.end());
  await onItsWay.reached;
  await expect.poll(() => errors(first), withinASecond).toEqual(["session_ended"]);
  await expect.poll(going, withinASecond).toEqual([false]);
  countTo(2);
  onItsWay.open();
  await ended;
  expect([await heard(first), await statusOf(first)]).toEqual([[1], "signed-out"]);
  expect(streams()).toHaveLength(1);
});
