import { afterAll, describe, expect, test } from "vitest";
import { facts } from "../request/facts.ts";
import { get } from "../test-support/calls-to-compare.ts";
import { createDesk } from "../test-support/desk.ts";
import { createOddApi } from "../test-support/odd-api.ts";
import { startOddTwins } from "../test-support/odd-twins.ts";
import { stopTwins } from "../test-support/twins.ts";

afterAll(stopTwins);
const desk = await createDesk();
const bearer = ["authorization", `Bearer ${await desk.account()}`] as const;
const mail = { email: "ann@example.com", subscribe: true };
const topic = { title: "news" };

describe("an answer with something named subscribe", () => {
  test("arrives whole, on the straight way and on tRPC's own", async () => {
    const { ours, official } = await startOddTwins(desk);
    for (const [path, data] of [
      ["settings.mail", mail],
      ["settings.topic", topic],
    ] as const) {
      for (const api of [ours, official]) {
        const { body } = await api.send(get(path, bearer));
        expect(JSON.parse(body)).toEqual({ result: { data } });
      }
    }
  });

  test("arrives whole in a batch", async () => {
    const { official } = await startOddTwins(desk);
    const { body } = await official.send(get("settings.mail,settings.topic?batch=1", bearer));
    expect(JSON.parse(body)).toEqual([{ result: { data: mail } }, { result: { data: topic } }]);
  });

  test("is what a caller gets", async () => {
    const { guard, router } = createOddApi(desk, {});
    const auth = facts(new Headers([[...bearer]]));
    const caller = guard.createCallerFactory(router)({ auth, meta: undefined, told: [] });
    const { settings } = caller as unknown as { settings: Record<"mail" | "topic", () => Promise<unknown>> };
    expect(await settings.mail()).toEqual(mail);
    const answer = await settings.topic();
    expect(answer).toEqual({ ...topic, subscribe: expect.any(Function) });
  });
});
