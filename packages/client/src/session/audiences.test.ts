import { describe, expect, test } from "vitest";
import { createAudiences } from "./audiences.ts";
import type { SessionRecord } from "./session-record.ts";

const own = "https://auth.test";
const [a, b] = ["https://a.test", "https://b.test"] as const;
const recordWith = (...audiences: string[]): SessionRecord => ({
  version: 1,
  account: "account",
  session: "session",
  endsAt: 0,
  serverTime: 0,
  rotation: 0,
  refreshToken: "r",
  askedAt: 0,
  tokens: audiences.map((audience) => ({ audience, accessToken: "t", life: 1, scope: "" })),
});

describe("the audience of a URL", () => {
  const audiences = createAudiences(own, ["https://api.test", "https://api.test/v2", "https://api.test/v2/deep/"]);

  test.each([
    ["https://auth.test/trpc/x", own],
    ["https://api.test/x", "https://api.test"],
    ["https://api.test/v2", "https://api.test/v2"],
    ["https://api.test/v2/x", "https://api.test/v2"],
    ["https://api.test/v22", "https://api.test"],
    ["https://api.test/v2/deep/x", "https://api.test/v2/deep/"],
    ["https://api.test:444/x", undefined],
    ["http://api.test/x", undefined],
    ["https://b.test/", undefined],
  ])("%s is %s", (url, audience) => {
    expect(audiences.of(new URL(url))).toBe(audience);
  });

  test("that does not begin with the path of the only one there is that one all the same: origins decide", () => {
    expect(createAudiences(own, ["https://api.test/v2"]).of(new URL("https://api.test/x"))).toBe("https://api.test/v2");
  });
});

describe("what to ask the server for", () => {
  test("is everything that is wanted, then what is known to be good, then the issuer's own", () => {
    const audiences = createAudiences(own, [a]);
    audiences.want(b);
    expect(audiences.lists(recordWith(own, a), undefined)).toEqual([[own, a, b], [own, a], [own]]);
    expect(audiences.lists(undefined, undefined)).toEqual([[own, a, b], [own]]);
    expect(audiences.lists(recordWith(own, a, b), undefined)).toEqual([[own, a, b], [own]]);
  });

  test("leaves out what the server did not know, unless somebody needs it", () => {
    const audiences = createAudiences(own, [a, b]);
    audiences.refused([b]);
    expect(audiences.lists(recordWith(own), undefined)).toEqual([[own, a], [own]]);
    expect(audiences.lists(recordWith(own), b)).toEqual([[own, a, b], [own, b], [own]]);
  });

  test("names nothing where it is the issuer's own alone", () => {
    const audiences = createAudiences(own, []);
    expect(audiences.named([own])).toEqual({});
    expect(audiences.named([own, a])).toEqual({ audiences: [own, a] });
  });
});
