import { describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { type Admission, createAdmission } from "./admission.ts";

const from = (address: string) => ({ address, userAgent: null });
const ANN = "192.0.2.1";
const BOB = "192.0.2.2";

/** Work that goes on until it is told to end. */
function held(admit: Admission, address: string, name: string, begun: string[]) {
  const gate = Promise.withResolvers<void>();
  const done = admit(from(address), async () => {
    begun.push(name);
    await gate.promise;
  });
  return { done, end: () => gate.resolve(), fail: () => gate.reject(new Error(name)) };
}

describe("an admission", () => {
  test("lets so many work at once, and the rest in the order of arrival", async () => {
    const admit = createAdmission({ running: 2, waiting: 10, share: 10 });
    const begun: string[] = [];
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => held(admit, ANN, name, begun));
    expect(begun).toEqual(["a", "b"]);
    b?.end();
    await b?.done;
    await expect.poll(() => begun).toEqual(["a", "b", "c"]);
    const late = held(admit, BOB, "late", begun);
    for (const one of [a, c, d, late]) {
      one?.end();
      await one?.done;
    }
    expect(begun).toEqual(["a", "b", "c", "d", "late"]);
  });

  test("turns away at once, before any work, whoever finds the queue full", async () => {
    const admit = createAdmission({ running: 1, waiting: 1, share: 1 });
    const begun: string[] = [];
    const [a, b] = [held(admit, ANN, "a", begun), held(admit, ANN, "b", begun)];
    await expect(held(admit, BOB, "c", begun).done).rejects.toMatchObject({ reason: "busy", retryAfter: 1 });
    a.end();
    b.end();
    await Promise.all([a.done, b.done]);
    expect(begun).toEqual(["a", "b"]);
  });

  test("leaves room in the queue for others when one group of addresses has its share", async () => {
    const admit = createAdmission({ running: 1, waiting: 10, share: 2 });
    const begun: string[] = [];
    const some = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((address) => held(admit, address, address, begun));
    expect(await reasonOf(held(admit, "2001:db8::4", "one too many", begun).done)).toBe("busy");
    const other = held(admit, BOB, "other", begun);
    for (const one of [...some, other]) {
      one.end();
      await one.done;
    }
    expect(begun).toEqual(["2001:db8::1", "2001:db8::2", "2001:db8::3", "other"]);
    const again = ["x", "y", "z"].map((name) => held(admit, "2001:db8::1", name, begun));
    for (const one of again) one.end();
    await Promise.all(again.map(({ done }) => done));
  });

  test("gives the place on when work fails, also work that throws at once", async () => {
    const admit = createAdmission({ running: 1, waiting: 2, share: 2 });
    const begun: string[] = [];
    const first = held(admit, ANN, "first", begun);
    const second = admit(from(ANN), () => {
      throw new Error("second");
    });
    const third = held(admit, ANN, "third", begun);
    first.fail();
    third.end();
    await expect(first.done).rejects.toThrow("first");
    await expect(second).rejects.toThrow("second");
    await third.done;
    await admit(from(ANN), async () => {});
    expect(begun).toEqual(["first", "third"]);
  });
});
