import { facts, Refusal } from "@countersign/guard";
import { TRPCError } from "@trpc/server";
import { headers } from "next/headers";
import { sessions } from "../issuer.ts";
import { createCaller } from "../router.ts";

/** What says who asks: a browser's cookie, or else the token of a program. */
async function credentials(): Promise<Headers> {
  const sent = await headers();
  const session = await sessions.read({ headers: sent });
  return session.status === "signed-in" ? new Headers({ authorization: `Bearer ${session.accessToken()}` }) : sent;
}

/** Calls the API without a request of its own, while it is rendered. */
export default async function Page() {
  const api = createCaller({ auth: facts(await credentials()) });
  try {
    const notes = await api.list();
    return (
      <ul>
        {notes.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    );
  } catch (error) {
    if (error instanceof TRPCError && error.cause instanceof Refusal) return <p>{error.cause.reason}</p>;
    throw error;
  }
}
