import type { FeedMessage } from "../revocation/feed-messages.ts";
import type { TestIssuer } from "./test-issuer.ts";

/** A reader of the feed as a guard is one: it knows what it was sent, and where it stands. */
export class TestReader {
  readonly known = new Set<string>();
  readonly messages: FeedMessage[] = [];
  lastId: string | undefined;
  #incoming: string[] = [];

  /** Reads until it has what it waits for, the stream ends, or somebody ends it. */
  async read(messages: AsyncIterable<FeedMessage>, until: (message: FeedMessage) => boolean): Promise<void> {
    this.#incoming = [];
    for await (const message of messages) {
      this.#take(message);
      if (until(message)) return;
    }
  }

  #take(message: FeedMessage): void {
    this.messages.push(message);
    if (message.event === "facts") for (const { id } of message.data.facts) this.known.add(id);
    if (message.event === "snapshot") {
      this.#incoming.push(...message.data.facts.map(({ id }) => id));
      if (!message.data.last) return;
      this.known.clear();
      for (const id of this.#incoming) this.known.add(id);
    }
    this.lastId = message.id;
  }
}

/** Commits a fact about an account, as whatever revokes it does. */
export async function revoke({ store }: Pick<TestIssuer, "store">, ...ids: readonly string[]): Promise<void> {
  await store.transaction(async (tx) => tx.revoke(...ids.map((id) => ({ kind: "account", id, least: 1 }) as const)));
}
