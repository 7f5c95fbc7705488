import { type Agent, get } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { setUpAdministrator } from "./administrator.ts";
import { call } from "./call.ts";
import type { IssuerServer } from "./issuer.ts";

/**
 * Makes the API known, gives the one account a role there, and answers a credential that reads the feed,
 * and the administrator's token.
 */
export async function registerNotes(issuer: IssuerServer, agent: HttpsAgent, audience: string) {
  const { token, account } = await setUpAdministrator(issuer);
  const ask = (procedure: string, body: object) => mutate(issuer, agent, { procedure, token, body });
  const permissions = ["notes:read"];
  await ask("access.push", { declaration: { audience, permissions, roles: { reader: { permissions } } } });
  await ask("roles.grant", { account, role: "reader" });
  const made = await ask("services.create", { name: "notes", permissions: ["feed:read"] });
  const { id, secret } = made as { id: string; secret: { secret: string } };
  return { service: { id, secret: secret.secret }, token };
}

/** One mutation at the issuer. @throws {Error} for any answer but 200 */
export async function mutate(
  issuer: IssuerServer,
  agent: HttpsAgent,
  { procedure, token, body }: { readonly procedure: string; readonly token: string; readonly body: object },
): Promise<unknown> {
  const reply = await call(agent, `${issuer.url}/trpc/${procedure}`, { token, body });
  if (reply.status !== 200) throw new Error(`${procedure} answered ${reply.status}`);
  return (reply.body as { result: { data: unknown } }).result.data;
}

/** One call at the notes API. Answers its status. */
export function callNotes(agent: Agent, url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = get(`${url}/notes.list`, { agent, headers: { authorization: `Bearer ${token}` } });
    sent.on("error", reject);
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", reject);
    });
  });
}
