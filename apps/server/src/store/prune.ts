/** Rows that one statement deletes at most, so that a long overdue clean-up holds nobody up. */
export const PRUNE_CHUNK = 1000;

/** Deletes chunk by chunk until one comes out short, and answers how many rows went. */
export async function pruneAll(deleteChunk: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = await deleteChunk();
    total += deleted;
    if (deleted < PRUNE_CHUNK) return total;
  }
}
