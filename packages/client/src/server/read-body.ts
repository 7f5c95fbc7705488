import { ClientError } from "../errors.ts";
import { parseJson } from "../session/session-record.ts";

const MOST_BYTES = 16 * 1024;

/** A JSON object from a request of at most 16 kB. @throws {ClientError} `bad_request` for anything else */
export async function readBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const body = type === "application/json" ? parseJson(await readText(request)) : undefined;
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new ClientError("bad_request");
  return body as Readonly<Record<string, unknown>>;
}

/** Stops reading where it is too long: a length that is stated may be wrong. */
async function readText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  for await (const chunk of request.body ?? []) {
    read += chunk.byteLength;
    if (read > MOST_BYTES) throw new ClientError("bad_request");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
