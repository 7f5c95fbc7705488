import { useCan, useCountersign } from "@countersign/client/react";
import { useQuery } from "@tanstack/react-query";
import type { AppRouter } from "../server/router.ts";
import { AddNote } from "./add-note.tsx";
import { origin, trpc } from "./countersign.ts";
import { Problem } from "./problem.tsx";

/** What everybody wrote, the newest first. */
export function Board() {
  const { session } = useCountersign();
  const mayRead = useCan<AppRouter>("list", origin);
  const mayAdd = useCan<AppRouter>("add", origin);
  const notes = useQuery(trpc.list.queryOptions());
  return (
    <>
      <header>
        <h1>Notes</h1>
        <button type="button" onClick={() => void session.end()}>
          Sign out
        </button>
      </header>
      {mayAdd && <AddNote />}
      {mayRead && !mayAdd && <p>You may read. An administrator can let you write.</p>}
      <Problem error={notes.error} />
      {notes.data?.length === 0 && <p>Nobody has written anything yet.</p>}
      <ul>
        {notes.data?.map(({ id, text, at }) => (
          <li key={id}>
            <p>{text}</p>
            <time dateTime={at.toISOString()}>{at.toLocaleString()}</time>
          </li>
        ))}
      </ul>
    </>
  );
}
