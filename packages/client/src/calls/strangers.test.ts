import { createTRPCClient, httpLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../testing/house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const STRANGER = "https://stranger.test";

test.each(["session_ended", "token_expired", "step_up_required", "use_dpop_nonce"])(
  "an API that gets no token has no say about the session: %s",
  async (reason) => {
    const asked: (string | null)[] = [];
    const person = await house.person({
      fetch: async (input, init) => {
        if (!String(input).startsWith(STRANGER)) return await house.fetch(input, init);
        asked.push(new Headers(init?.headers).get("authorization"));
        const data = { code: "UNAUTHORIZED", httpStatus: 401, reason, ran: false, nonce: "theirs" };
        return Response.json({ error: { code: -32001, message: "no", data } }, { status: 401 });
      },
    });
    const steppedUp: unknown[] = [];
    person.session.onStepUp((request) => void steppedUp.push(request));
    house.auth.forget();
    const stranger = createTRPCClient<AnyTRPCRouter>({
      links: [person.session.link(), httpLink({ url: STRANGER, fetch: person.session.fetch })],
    }) as unknown as { readonly anything: { query(): Promise<unknown> } };
    await expect(stranger.anything.query()).rejects.toMatchObject({ data: { reason } });
    expect([asked, steppedUp, house.auth.seen, person.session.state.status]).toEqual([[null], [], [], "signed-in"]);
  },
);
