// The parts of IndexedDB that are used here. Node's types know no DOM.
interface Request<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface Store {
  get(key: string): Request<unknown>;
  put(value: unknown, key: string): Request<unknown>;
  delete(key: string): Request<unknown>;
}
interface Transaction {
  objectStore(name: string): Store;
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}
type TransactionMode = "readonly" | "readwrite";
interface OpenDatabase {
  createObjectStore(name: string): void;
  transaction(names: readonly string[], mode: TransactionMode): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}
interface OpenRequest extends Request<OpenDatabase> {
  onupgradeneeded: (() => void) | null;
}
export interface Databases {
  open(name: string, version: number): OpenRequest;
}

/** What is done in one transaction, in stores of it. */
type Work<T> = (at: (name: string) => Store) => Promise<T>;

/** A database whose connection is made when it is needed, and anew when it was lost. */
export interface Database {
  /** Whether it was ever open: then there may be something in it. */
  readonly isThere: boolean;
  /** Resolves when it is open. */
  open(): Promise<unknown>;
  /** Does something in one transaction, or once more with a new connection. Resolves when it is committed. */
  within<T>(stores: readonly string[], mode: TransactionMode, work: Work<T>): Promise<T>;
}

export function createDatabase(databases: Databases, name: string, stores: readonly string[]): Database {
  let opened: Promise<OpenDatabase> | undefined;
  let isThere = false;

  const forget = (one: Promise<OpenDatabase>) => {
    if (opened === one) opened = undefined;
  };
  const connect = async (gone: () => void): Promise<OpenDatabase> => {
    const request = databases.open(name, 1);
    request.onupgradeneeded = () => {
      for (const store of stores) request.result.createObjectStore(store);
    };
    const database = await done(request);
    isThere = true;
    database.onversionchange = () => {
      database.close();
      gone();
    };
    // By whoever deletes it, for example.
    database.onclose = gone;
    return database;
  };
  const open = (): Promise<OpenDatabase> => {
    if (opened) return opened;
    const opening = connect(() => forget(opening));
    opening.catch(() => forget(opening));
    opened = opening;
    return opening;
  };

  return {
    get isThere() {
      return isThere;
    },
    open,
    async within(names, mode, work) {
      const opening = open();
      const database = await opening;
      try {
        return await transact(database.transaction(names, mode), work);
      } catch {
        // A connection may be lost without a word.
        database.close();
        forget(opening);
        return await transact((await open()).transaction(names, mode), work);
      }
    },
  };
}

/** A request that went well may be taken back before the commit, where there is no room for example. */
async function transact<T>(transaction: Transaction, work: Work<T>): Promise<T> {
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  const [result] = await Promise.all([work((name) => transaction.objectStore(name)), committed]);
  return result;
}

/** What a request comes to; it may be taken back until its transaction is committed. */
export function done<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
