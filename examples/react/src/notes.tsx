import { reasonOf } from "@countersign/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { queryClient, session, trpc } from "./countersign.ts";

/** One's own notes. */
export function Notes() {
  const notes = useQuery(trpc.notes.list.queryOptions());
  const changed = { onSuccess: () => queryClient.invalidateQueries(trpc.notes.pathFilter()) };
  const create = useMutation(trpc.notes.create.mutationOptions(changed));
  const remove = useMutation(trpc.notes.remove.mutationOptions(changed));
  const error = notes.error ?? create.error ?? remove.error;
  return (
    <>
      <header>
        <h1>Notes</h1>
        <button type="button" onClick={() => void session.end()}>
          Sign out
        </button>
      </header>
      <form action={(form) => create.mutate({ title: String(form.get("title")), text: String(form.get("text")) })}>
        <label>
          Title <input name="title" required maxLength={200} />
        </label>
        <label>
          Text <textarea name="text" rows={3} />
        </label>
        <button type="submit" disabled={create.isPending}>
          Keep
        </button>
      </form>
      {error && <p role="alert">{reasonOf(error) === "not_permitted" ? "You may not do this." : error.message}</p>}
      <ul>
        {notes.data?.map((note) => (
          <li key={note.id}>
            <h2>{note.title}</h2>
            <p>{note.text}</p>
            <footer>
              <time dateTime={note.changed.toISOString()}>{note.changed.toLocaleString()}</time>
              <button type="button" onClick={() => remove.mutate({ id: note.id })}>
                Remove
              </button>
            </footer>
          </li>
        ))}
      </ul>
    </>
  );
}
