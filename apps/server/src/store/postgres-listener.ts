import pg from "pg";

const RETRY_MS = 5000;
/** PostgreSQL cuts longer names short. Installations that share a channel by that only read once too often. */
const LONGEST_NAME = 63;

/** What a transaction says that has facts; PostgreSQL passes it on with the commit, and never without. */
export function announcementOf(schema: string): string {
  return `notify ${channelOf(schema)}`;
}

/** A database may hold several installations, each in its schema. */
function channelOf(schema: string): string {
  return `countersign_facts_${schema}`.slice(0, LONGEST_NAME);
}

export interface PostgresListener {
  close(): Promise<void>;
}

export interface Listening {
  readonly schema: string;
  readonly timeoutMs: number;
  heard(): void;
}

/**
 * Hears on a connection of its own that an instance has committed facts, and once each time that it begins to hear. A
 * lost connection is made again after a while, in silence: whoever listens reads the table by the second as well. A
 * pooler in between that pools transactions lets nothing through, and breaks nothing.
 */
export function listen(connectionString: string, { schema, timeoutMs, heard }: Listening): PostgresListener {
  let current: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async () => {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      application_name: "countersign feed",
    });
    const lost = () => {
      if (current !== client) return;
      current = undefined;
      client.end().catch(ignore);
      if (!closed) timer = setTimeout(connect, RETRY_MS).unref();
    };
    current = client;
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", () => heard());
    try {
      await client.connect();
      await client.query(`listen ${channelOf(schema)}`);
      heard();
    } catch {
      lost();
    }
  };
  void connect();

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const client = current;
      current = undefined;
      await client?.end().catch(ignore);
    },
  };
}

function ignore(): void {}
