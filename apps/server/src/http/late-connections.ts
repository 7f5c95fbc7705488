import type { Socket } from "node:net";
import type { Server } from "node:tls";

/**
 * Closing a TLS server ends its idle connections, but not those whose handshake is still under way: it would wait for
 * what they have to ask.
 *
 * @returns a way to say that the server ends: from then on such a connection ends with its handshake.
 */
export function watchLateConnections(server: Server): () => void {
  let ending = false;
  server.on("secureConnection", (socket: Socket) => {
    if (ending) socket.destroy();
  });
  return () => {
    ending = true;
  };
}
