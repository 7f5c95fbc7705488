import { expect, test, vi } from "vitest";
import type { MailMessage } from "../services/mail/message.ts";
import { openTestApi } from "./testing/test-api.ts";

test("corpus 74: a mailed link leads to the configured issuer, whatever the request says of its host", async () => {
  const sent: MailMessage[] = [];
  const api = await openTestApi({ mail: { send: async (message) => void sent.push(message) } });
  const admin = await api.administrator();
  const body = JSON.stringify({ email: "ann@example.com" });
  const evil = { host: "evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" };
  const headers = { ...evil, origin: "https://evil.example", authorization: `Bearer ${admin.token}` };
  const { status, json } = await api.send("POST", "/trpc/invitations.create", body, headers);
  expect(status).toBe(200);
  expect(json.result?.data).not.toHaveProperty("secret");
  expect(json.result?.data).not.toHaveProperty("link");
  await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 5000 });
  const links = sent[0]?.text.match(/https?:\/\/\S+/g) ?? [];
  expect(links.map((link) => new URL(link).origin)).toEqual(["https://auth.example"]);
  expect(JSON.stringify(sent)).not.toContain("evil");
  await api.close();
});
