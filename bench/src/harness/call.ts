import { type Agent, request } from "node:https";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export interface CallOptions {
  readonly token?: string;
  /** Makes it a POST. */
  readonly body?: object;
}

/** One https call. @param agent whose connections it takes */
export function call(agent: Agent, url: string, { token, body }: CallOptions = {}): Promise<Reply> {
  const headers = {
    "x-countersign": "1",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: body ? "POST" : "GET", headers });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text === "" ? null : JSON.parse(text) }),
      );
    });
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}
