import pg from "pg";

const CHANNEL = "countersign_facts";
const RETRY_MS = 5000;

/** What a transaction says that has facts; PostgreSQL passes it on with the commit, and never without. */
export const ANNOUNCEMENT = `notify ${CHANNEL}`;

export interface PostgresListener {
  close(): Promise<void>;
}

/**
 * Hears on a connection of its own that an instance has committed facts, and once each time that it begins to hear. A
 * lost connection is made again after a while, in silence: whoever listens reads the table by the second as well. A
 * pooler in between that pools transactions lets nothing through, and breaks nothing.
 */
export function listen(connectionString: string, timeoutMs: number, heard: () => void): PostgresListener {
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
    client.on("notification", heard);
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
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
