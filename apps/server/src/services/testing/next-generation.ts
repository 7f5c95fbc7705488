import type { Queries } from "../../store/store.ts";

/** The session goes on to its next generation, as if the one before had been renewed long ago: nobody hears of its token. */
export async function nextGeneration({ sessions }: Pick<Queries, "sessions">, id: string): Promise<void> {
  const session = await sessions.byId(id);
  if (!session || !(await sessions.rotate(id, session.gen, session))) throw new Error("there is no such session");
}
