import type { RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";

/** An app that is one function, as fetch frameworks have it. */
export type FetchApp = (request: Request) => Promise<Response>;

/** Serves such an app. @param origin by which browsers know it */
export function fetchListener(app: FetchApp, origin: string): RequestListener {
  return async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const { method = "GET", url = "/" } = incoming;
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    const response = await app(new Request(origin + url, { method, headers, body: body.length > 0 ? body : null }));
    outgoing.statusCode = response.status;
    for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
    outgoing.end(await response.text());
  };
}
