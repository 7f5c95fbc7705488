import { expect, test } from "vitest";
import { newAccount } from "../testing/house.ts";
import { openSite } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { openTab } from "../testing/tab.ts";

const stage = openStage(() => openSite());

test("a relative address of a page with a <base> of somebody else's takes no token there", async () => {
  const tab = await openTab(stage.site, stage.context);
  await tab.run((client, account) => client.signUp(account), newAccount());
  const carried: (string | undefined)[] = [];
  await stage.context.route("https://evil.example/**", async (route) => {
    const { authorization, ...headers } = await route.request().allHeaders();
    // What it would be asked for first, too.
    carried.push(authorization ?? headers["access-control-request-headers"]);
    const allowed = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
    await route.fulfill({ status: 200, headers: allowed, body: "{}" });
  });
  const fetched = (path: string) => tab.page.evaluate(`client.session.fetch("${path}").then(({ url }) => url)`);
  expect(await fetched("/notes/who")).toBe(`${stage.site.origin}/notes/who`);
  await tab.page.evaluate(
    `document.head.append(Object.assign(document.createElement("base"), { href: "https://evil.example/" }))`,
  );
  expect(await fetched("/notes/who")).toBe("https://evil.example/notes/who");
  expect(carried).toEqual([undefined]);
});
