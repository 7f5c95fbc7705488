// Somebody's API in a worker, and a call of it through the SDK from the same worker.
import { createClient, reasonOf } from "@countersign/client";
import { facts } from "@countersign/guard";
import { createTRPCClient, httpLink } from "@trpc/client";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createNotesApi, type NotesRouter } from "./notes-api.ts";
import { createOwnIssuer } from "./own-issuer.ts";
import { visitPages } from "./worker-pages.ts";

const AUDIENCE = "https://notes.example";

interface Account {
  readonly issuer: string;
  readonly email: string;
  readonly password: string;
}

/** Everything in here is made for one request: workers may make keys and read randomness nowhere else. */
async function tryAll(account: Account) {
  const { issuer, email, password } = account;
  const own = await createOwnIssuer("https://own.example");
  const { router } = createNotesApi(own.verifier, AUDIENCE);
  const serve = (req: Request) =>
    fetchRequestHandler({ endpoint: "/trpc", req, router, createContext: () => ({ auth: facts(req) }) });

  const calling = (headers: Record<string, string>) =>
    createTRPCClient<NotesRouter>({
      links: [
        httpLink({
          url: `${AUDIENCE}/trpc`,
          headers,
          fetch: (input, init) => serve(new Request(input as string, init as RequestInit)),
        }),
      ],
    });
  const refused = await calling({}).me.query().catch(reasonOf);
  const token = await own.token(AUDIENCE, "ann", ["notes:write"]);
  const added = await calling({ authorization: `Bearer ${token}` }).add.mutate({ title: "from a worker" });

  const client = createClient({ url: issuer });
  await client.signIn({ email, password });
  const me = await client.api.account.me.query();
  await client.session.end();
  client.dispose();
  const pages = await visitPages(account);
  return { refused, added, email: me.email, status: client.session.state.status, pages };
}

export const worker = {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await tryAll((await request.json()) as Account));
  },
};
