import { call } from "./call.ts";
import type { IssuerServer } from "./issuer.ts";

export const credentials = { email: "ann@example.com", password: "seven plums in winter" };

/** Makes the first administrator and answers an access token of theirs. */
export async function setUpAdministrator(server: IssuerServer): Promise<string> {
  const agent = server.connect(1);
  const secret = new URL(server.setUpLink).hash.slice(1);
  const setUp = await call(agent, `${server.url}/trpc/signIn.setUp`, {
    body: { client: "cli", secret, name: "Ann", ...credentials },
  });
  const { handoff } = (setUp.body as { result: { data: { handoff: string } } }).result.data;
  const started = await call(agent, `${server.url}/session/start`, { body: { client: "cli", handoff } });
  const [token] = (started.body as { tokens: { access_token: string }[] }).tokens;
  if (!token) throw new Error("the session started without a token");
  return token.access_token;
}
