import { z } from "zod";
import { createIssuer, type IssuerEvent, type IssuerOptions, type MailMessage, type MetadataOf } from "./index.ts";

// Compiled, not run: whatever stands here must compile, and whatever `@ts-expect-error` stands over must not.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
declare function yes<T extends true>(): T;
declare function no<T extends false>(): T;
declare const common: Pick<IssuerOptions, "issuer" | "database" | "masterKeys">;

const publicSchema = z.object({ plan: z.enum(["free", "pro"]).default("free") });
const privateSchema = z.object({ customer: z.string().optional() });

export async function typed(): Promise<void> {
  const issuer = await createIssuer({
    ...common,
    claims: {
      schema: z.object({ plan: z.enum(["free", "pro"]) }),
      of: async ({ account, audience, metadata }) => {
        yes<Equals<typeof account, string>>();
        yes<Equals<typeof audience, string>>();
        yes<Equals<typeof metadata.public.plan, "free" | "pro">>();
        yes<Equals<typeof metadata.private.customer, string | undefined>>();
        return { plan: metadata.public.plan };
      },
    },
    metadata: { public: publicSchema, private: privateSchema },
    on: {
      "account.created": async (event, tx) => {
        yes<Equals<typeof event.via, "sign_up" | "invitation" | "set_up">>();
        no<IsAny<typeof event>>();
        // @ts-expect-error: that is of another event
        void event.session;
        const rows = await tx.query<{ n: number }>("select 1 as n");
        yes<Equals<typeof rows, readonly { n: number }[]>>();
      },
      "session.ended": ({ session, cause }) => void [session, cause],
    },
    mail: {
      send: async (message) => {
        yes<Equals<typeof message, MailMessage>>();
        if (message.kind === "invitation") yes<Equals<typeof message.facts.link, string>>();
      },
      texts: { invitation: ({ link }) => ({ subject: "Come in", text: link }) },
    },
  });

  const { metadata } = await issuer.accounts.get("id");
  yes<Equals<typeof metadata, MetadataOf<{ public: typeof publicSchema; private: typeof privateSchema }>>>();
  yes<Equals<typeof metadata.public.plan, "free" | "pro">>();
  await issuer.accounts.setMetadata("id", { public: {}, narrowed: true });
  // @ts-expect-error: no such plan
  await issuer.accounts.setMetadata("id", { public: { plan: "gold" } });
  // @ts-expect-error: no such part
  await issuer.accounts.setMetadata("id", { unsafe: {} });
}

export async function refused(): Promise<void> {
  await createIssuer({
    ...common,
    // @ts-expect-error: claims that do not fit their schema
    claims: { schema: z.object({ plan: z.enum(["free", "pro"]) }), of: async () => ({ plan: "gold" }) },
  });
  await createIssuer({
    ...common,
    // @ts-expect-error: there is no such event
    on: { "account.create": () => {} },
  });
  await createIssuer({
    ...common,
    // @ts-expect-error: there is no such kind of mail
    mail: { send: async () => {}, texts: { invite: () => ({ subject: "", text: "" }) } },
  });
  const half = await createIssuer({ ...common, metadata: { public: publicSchema } });
  const nothing = (await half.accounts.get("id")).metadata.private;
  yes<Equals<typeof nothing, Readonly<Record<string, never>>>>();
  // @ts-expect-error: nothing is kept there
  await half.accounts.setMetadata("id", { private: {} });
  const bare = await createIssuer(common);
  const { metadata } = await bare.accounts.get("id");
  no<IsAny<typeof metadata.public>>();
}

export function narrowed(event: IssuerEvent): string {
  return event.type === "role.granted" ? event.role : event.type;
}
