import { DatabaseSync } from "node:sqlite";
import { z } from "zod";

const row = z.object({
  id: z.number(),
  owner: z.string(),
  title: z.string(),
  text: z.string(),
  changed: z.string().transform((text) => new Date(`${text}Z`)),
});

export type Note = z.output<typeof row>;

/** Notes in a SQLite file. It knows owners, and nothing of who may do what. */
export interface Notes {
  all(): Note[];
  ownedBy(owner: string): Note[];
  byId(id: number): Note | undefined;
  add(note: Pick<Note, "owner" | "title" | "text">): Note;
  update(note: Pick<Note, "id" | "title" | "text">): Note;
  remove(id: number): void;
  close(): void;
}

/** Opens the file, and makes what is missing. What was written has reached the disk. */
export function openNotes(file: string): Notes {
  const db = new DatabaseSync(file);
  db.exec("pragma journal_mode = wal; pragma synchronous = full");
  db.exec(`create table if not exists notes (
    id integer primary key autoincrement,
    owner text not null,
    title text not null,
    text text not null,
    changed text not null default current_timestamp
  ) strict`);
  db.exec("create index if not exists notes_of_owner on notes (owner)");

  const all = db.prepare("select * from notes order by id");
  const ownedBy = db.prepare("select * from notes where owner = ? order by id");
  const byId = db.prepare("select * from notes where id = ?");
  const insert = db.prepare("insert into notes (owner, title, text) values (?, ?, ?) returning *");
  const update = db.prepare(
    "update notes set title = ?, text = ?, changed = current_timestamp where id = ? returning *",
  );
  const remove = db.prepare("delete from notes where id = ?");

  return {
    all: () => row.array().parse(all.all()),
    ownedBy: (owner) => row.array().parse(ownedBy.all(owner)),
    byId: (id) => row.optional().parse(byId.get(id)),
    add: ({ owner, title, text }) => row.parse(insert.get(owner, title, text)),
    update: ({ id, title, text }) => row.parse(update.get(title, text, id)),
    remove: (id) => void remove.run(id),
    close: () => db.close(),
  };
}
