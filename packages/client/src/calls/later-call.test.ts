import { httpBatchLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { expect, test } from "vitest";
import { createCalls } from "./calls.ts";
import { laterLink } from "./later-link.ts";

interface Shop {
  readonly pay: { mutate(input: object, options: { readonly signal: AbortSignal }): Promise<unknown> };
  readonly look: { query(): Promise<unknown> };
}

/** A client whose link has not been loaded yet. */
function shop() {
  const part = Promise.withResolvers<void>();
  const sent: string[] = [];
  const fetch = async (url: unknown) => {
    sent.push(String(url));
    return Response.json([{ result: { data: "seen" } }]);
  };
  const link = () => httpBatchLink<AnyTRPCRouter>({ url: "https://shop.test", fetch });
  const client = createCalls(laterLink(() => part.promise, link)) as unknown as Shop;
  return { client, sent, load: part.resolve };
}

test("a call that is given up while its link is loaded fails at once, and does not go out with the others", async () => {
  const { client, sent, load } = shop();
  const givingUp = new AbortController();
  const paid = client.pay.mutate({ amount: 1 }, { signal: givingUp.signal });
  const seen = client.look.query();
  givingUp.abort(new Error("given up"));
  await expect(paid).rejects.toThrow("given up");
  load();
  expect(await seen).toBe("seen");
  expect(sent).toEqual(["https://shop.test/look?batch=1&input=%7B%7D"]);
});
