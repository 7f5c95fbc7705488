import { isIPv4 } from "node:net";
import pg from "pg";

/**
 * Refuses a way to the server on which someone could listen or pretend to be it: anything but a socket, the loopback or
 * TLS with a verified certificate (ASVS 12.3.1). Looks at what `pg` itself makes of the settings, `PGHOST`, `PGSSLMODE`
 * and all. What a pool of one's own checks instead of the server's name is its owner's affair.
 *
 * @throws {Error} with a sentence that says what to do, and no part of the connection string but the host.
 */
export function assertVerifiedTls(connection: string | pg.Pool): void {
  const { host, ssl } = new pg.Client(typeof connection === "string" ? connection : connection.options);
  if (isLocal(host)) return;
  if (isVerified(ssl, typeof connection === "string")) return;
  throw new Error(
    `PostgreSQL at ${host} must be reached over verified TLS: add sslmode=verify-full to the connection string, ` +
      "and sslrootcert=<file> where the certificate is from a CA of your own.",
  );
}

function isLocal(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function isVerified(ssl: unknown, fromString: boolean): boolean {
  if (typeof ssl !== "object" || ssl === null) return ssl === true;
  if ("rejectUnauthorized" in ssl && ssl.rejectUnauthorized === false) return false;
  // A string can only bring the check that accepts every name (`verify-ca` in libpq's sense).
  return !(fromString && "checkServerIdentity" in ssl);
}
