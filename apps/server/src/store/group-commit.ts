/** Writes what a file holds to the disk. */
export interface Syncing {
  /** What was written before the call is on disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Waits for the disk on behalf of many commits: one sync serves all that were there when it began, and those that come
 * while it runs share the next one.
 *
 * After a failed sync nobody knows what is on disk, and the system forgets what it could not write: the next sync would
 * succeed over the gap. So nothing is believed any more until the database is opened again.
 */
export class GroupCommit {
  readonly #file: Syncing;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(file: Syncing) {
    this.#file = file;
  }

  /** @throws {Error} after a sync that failed */
  assertSound(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Resolves when what was committed before the call is on disk.
   *
   * @throws {Error} where a sync failed: it may be on disk or not
   */
  durable(): Promise<void> {
    this.#next ??= this.#syncAfter(this.#running);
    return this.#next;
  }

  /** Waits for the syncs that have been asked for. */
  async close(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => undefined);
    await this.#file.close();
  }

  async #syncAfter(running: Promise<void> | undefined): Promise<void> {
    await running?.catch(() => undefined);
    // From here on the next one is another: this one has begun.
    this.#running = this.#next;
    this.#next = undefined;
    this.assertSound();
    try {
      await this.#file.sync();
    } catch (cause) {
      this.#failure = new Error("a commit could not be synced: open the database again", { cause });
      throw this.#failure;
    }
  }
}
