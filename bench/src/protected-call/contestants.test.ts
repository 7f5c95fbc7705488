import { describe, expect, test } from "vitest";
import { autocannon, closedLoop, hasWrk, wrk } from "../harness/closed-loop.ts";
import { createMint } from "../harness/tokens.ts";
import { contestants } from "./contestants.ts";
import { startContestant } from "./start-contestant.ts";

const mint = await createMint();

describe("the contestants", () => {
  // Starting one includes that it answers a good token with everybody's bytes, and refuses bad ones.
  test.each(contestants)("$name starts and is honest", async (contestant) => {
    await using server = await startContestant(contestant, mint);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/trpc\/notes$/);
  });

  test("one that checks nothing is found out", async () => {
    const cheat = contestants.find(({ checks }) => !checks);
    if (!cheat) throw new Error("nobody leaves out the checks");
    await expect(startContestant({ ...cheat, checks: true }, mint)).rejects.toThrow("answers 200 to no token");
  });

  test.each(hasWrk ? [wrk, autocannon] : [autocannon])(
    "$command.0 counts what is answered, and tells what is refused",
    async (generator) => {
      const contestant = contestants.find(({ name }) => name === "guarded-official");
      if (!contestant) throw new Error("the guard is missing");
      await using server = await startContestant(contestant, mint);
      expect(await closedLoop(server.url, server.credential, 1, generator)).toBeGreaterThan(0);
      await expect(closedLoop(server.url, "forged", 1, generator)).rejects.toThrow(/^under load: /);
    },
  );
});
