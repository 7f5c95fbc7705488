import { afterEach, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, NOTES, openTestIssuer, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";
import { raiseAudience } from "./audience-version.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

test("an audience that is raised refuses the tokens that it has, of accounts and services, and takes their next ones", async () => {
  const { sessions, servicePrincipals, serviceTokens } = issuer.services;
  const admin = await issuer.administrator();
  const permissions = [{ audience: NOTES, permission: "notes:read" }];
  const { id, secret } = await servicePrincipals.create({ name: "reader", permissions }, admin.actor);
  let refreshToken = admin.refreshToken;
  const tokens = async () => {
    const input = { client: "cli", refreshToken, audiences: [NOTES, ISSUER] };
    const account = await sessions.refresh(input, SOMEBODY);
    refreshToken = account.refresh_token ?? "";
    const service = await serviceTokens.issue({ id, secret: secret.secret, audience: NOTES }, SOMEBODY);
    return [...account.tokens, service];
  };
  const refusals = async (some: Awaited<ReturnType<typeof tokens>>) =>
    await Promise.all(
      some.map(async ({ audience, access_token }) =>
        reasonOf((async () => issuer.verifier.judge(await issuer.verifier.verify(access_token, audience)))()),
      ),
    );
  const before = await tokens();
  expect(await refusals(before)).toEqual([undefined, undefined, undefined]);
  await issuer.store.transaction((tx) => raiseAudience(tx, NOTES));
  expect(await refusals(before)).toEqual(["token_stale", undefined, "token_stale"]);
  expect(await refusals(await tokens())).toEqual([undefined, undefined, undefined]);
});
