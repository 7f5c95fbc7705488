import type { Sent } from "./twins.ts";

type Header = readonly [string, string];
const json: Header = ["content-type", "application/json"];

export const get = (path: string, ...headers: Header[]): Sent => ({ path: `/trpc/${path}`, headers });
export const postAs = (type: string, path: string, body: string | Uint8Array, ...headers: Header[]): Sent => ({
  method: "POST",
  path: `/trpc/${path}`,
  headers: [["content-type", type], ...headers],
  body,
});
export const post = (path: string, body: string | Uint8Array, ...headers: Header[]): Sent =>
  postAs("application/json", path, body, ...headers);
const input = (value: unknown) => `?input=${encodeURIComponent(JSON.stringify(value))}`;

/** What clients send all day: each goes straight. */
export const usualCalls = (bearer: Header): Record<string, Sent> => ({
  "a query": get("open"),
  "a query with its type": get("open", json),
  "a query that accepts anything": get("open", ["accept", "*/*"], ["accept-language", "de"]),
  "a query with a cookie": get("open", ["cookie", "a=1"], ["cookie", "b=2"]),
  "a query with input": get(`echo${input({ id: 1, text: "äöü€𝄞 &=#?+%" })}`),
  "an input in which nothing is encoded but what must be": get(
    `echo?input={"a":["b","c/d?e",'f']}`.replaceAll("'", '"'),
  ),
  "an empty input": get("echo?input="),
  "an input of null": get("echo?input=null"),
  "an input of superjson": get(`echo${input({ json: "1970-01-01T00:00:00.000Z", meta: { values: ["Date"] } })}`),
  "an input that is no JSON": get("echo?input=%7Bno"),
  "an input that the transformer may refuse": get("echo?input=%22refused%22"),
  "an input that nobody reads": get("open?input=%7Bno"),
  "an input that is read twice": get(`raw${input({ a: 1 })}`),
  "a bad input that is read twice": get("raw?input=%7Bno"),
  "an input with a prototype": get(
    `echo?input=${encodeURIComponent('{"__proto__":{"polluted":1},"json":{"__proto__":{"polluted":1}}}')}`,
  ),
  "a guarded query": get("me", bearer),
  "a guarded query without a token": get("me"),
  "a guarded query with garbage": get("me", ["authorization", "Bearer garbage"]),
  "a guarded query with two tokens": get("me", bearer, bearer),
  "a guarded query that is allowed": get("notes.list", bearer),
  "a path with dots": get("notes.with.dot"),
  "a path encoded by a client that encodes too much": get("notes%2elist", bearer),
  "a lazy router's procedure": get("pages.read"),
  "a mutation": post("save", '{"text":"hello"}'),
  "a mutation with a charset": postAs("application/json; charset=utf-8", "save", '{"text":"hello"}'),
  "a mutation of superjson": post("save", '{"json":{"text":"hello"}}'),
  "a mutation without input": post("cookie", ""),
  "a mutation with an empty body": post("keep", ""),
  "a mutation of null": post("keep", "null"),
  "a mutation with text": post("keep", '"text"'),
  "a mutation with a prototype": post(
    "keep",
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"json":{"__proto__":1}}',
  ),
  "a mutation whose input has one field too many": post("save", '{"text":"hello","__proto__":{"polluted":1}}'),
  "a mutation that is no JSON": post("save", "{no"),
  "a mutation of broken UTF-8": post("keep", new Uint8Array([0x22, 0xff, 0xfe, 0x22])),
  "a mutation with half a surrogate": post("keep", '"\\ud800"'),
  "a guarded mutation": post("share", "", bearer),
  "a guarded mutation without a token": post("share", '{"no'),
  ...Object.fromEntries(
    ["error", "text", "nothing", "record", "refusal", "formatted", "output"].map((name) => [
      `a procedure that fails: ${name}`,
      get(`failing.${name}`),
    ]),
  ),
  "a procedure that fails: conflict": post("failing.conflict", '"Ann"'),
  ...Object.fromEntries(
    ["undefined", "null", "empty", "list", "big", "special", "toJson", "thenable", "deep"].map((name) => [
      `a result: ${name}`,
      get(`results.${name}`),
    ]),
  ),
  "a context that is refused": get("me", bearer, ["x-context", "refuses"]),
  "a context that fails": get("me", bearer, ["x-context", "throws"]),
  "a context that reads the input": post("save", '{"text":"hello"}', ["x-context", "reads"]),
  "a context that reads a bad input": post("save", "{no", ["x-context", "reads"]),
  "a context that sets headers of the reply": get("open", ["x-context", "sets"]),
});

/** What turns out to fail when it is on the straight way already. */
export const failingCalls: Record<string, Sent> = {
  ...Object.fromEntries(
    ["bigint", "circle", "promise", "stream", "inner"].map((name) => [`a result: ${name}`, get(`results.${name}`)]),
  ),
  "a host that is none": { ...get("open"), host: "api.example:port" },
  "a host of odd characters": { ...get("open"), host: "a b<>" },
};

/** Everything else: each goes through tRPC's own handler. */
export const unusualCalls = (bearer: Header): Record<string, Sent> => ({
  "a batch of one": get("open?batch=1&input=%7B%7D"),
  "a batch": get("open,me,notes.list?batch=1", bearer),
  "a batch in which one is refused": get("open,me?batch=1"),
  "a batch that is too large": get("open,open,open,open,open?batch=1"),
  "a mixed batch": post("open,cookie?batch=1", "{}"),
  "a batch of mutations": post("save,keep?batch=1", '{"0":{"text":"a"},"1":2}'),
  "a streamed batch": get("open,me?batch=1", ["trpc-accept", "application/jsonl"]),
  "a stream that is no batch": get("open", ["trpc-accept", "application/jsonl"]),
  "a stream by Accept": get("open", ["accept", "text/html, application/jsonl"]),
  "a subscription": get("ticks"),
  "a subscription by POST": post("ticks", ""),
  "an unknown path": get("nothing", bearer),
  "an unknown path by POST": post("nothing", "{}"),
  "a prototype's name": get("__proto__"),
  "a prototype's method": get("constructor"),
  "a path that a separator writes otherwise": get("notes~list", bearer),
  "a path that mixes separators": get("notes~with.dot"),
  "a path with a percent sign": get("100%25"),
  "a path encoded twice": get("%256Fpen"),
  "a path with a slash in front": get("%2Fopen"),
  "a path that is encoded wrongly": get("%25zz"),
  "no path": get(""),
  "a deeper path": get("open/more"),
  "a query by POST": post("open", ""),
  "a query by POST with input": post("echo", '{"id":1}'),
  "a mutation by GET": get("save"),
  "a mutation by GET with input": get(`save${input({ text: "a" })}`),
  HEAD: { ...get("open"), method: "HEAD" },
  OPTIONS: { ...get("open"), method: "OPTIONS" },
  PUT: { ...post("save", '{"text":"a"}'), method: "PUT" },
  DELETE: { ...get("open"), method: "DELETE" },
  "several parameters": get("echo?input=1&x=2"),
  "parameters in another order": get("echo?x=2&input=1"),
  "input twice": get("echo?input=1&input=2"),
  "input as an array": get("echo?input[]=1"),
  "another parameter": get("open?x=1"),
  "an empty query": get("open?"),
  "a parameter without a value": get("open?input"),
  "an encoded parameter": get("echo?%69nput=1"),
  "a space as plus": get('echo?input="a+b"'),
  "an input that is not encoded whole": get("echo?input=%E4%22"),
  "an input that is not UTF-8": get("echo?input=%22%ff%22"),
  "an input of raw bytes": get('echo?input="\u00e4"'),
  "an input with half an escape": get("echo?input=%22%4"),
  "a fragment": get("echo?input=1#x"),
  "connection parameters": get("open?connectionParams=%7B%22a%22:%22b%22%7D"),
  "bad connection parameters": get("open?connectionParams=1"),
  "a mutation with a query": post("keep?input=1", '"a"'),
  "a mutation with a byte order mark": post("keep", "\uFEFF1"),
  "a mutation of plain text": postAs("text/plain", "save", '{"text":"a"}'),
  "a mutation of a form": postAs("application/x-www-form-urlencoded", "save", "text=a"),
  "a mutation of a multipart form": postAs(
    "multipart/form-data; boundary=x",
    "keep",
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
  ),
  "a mutation of bytes": postAs("application/octet-stream", "keep", "bytes"),
  "a mutation of JSON in capitals": postAs("Application/JSON", "keep", "1"),
  "a mutation of JSON in front of another": postAs("application/json, text/plain", "keep", "1"),
  "a mutation of a type that is none": postAs("json", "keep", "1"),
  "a mutation without a type": { ...post("keep", "1"), headers: [] },
  "a mutation without type and body": { method: "POST", path: "/trpc/keep" },
  "a query that says it is a form": get("open", ["content-type", "multipart/form-data"]),
  "a query that says it is text": get("open", ["content-type", "text/plain"]),
  "a body that is too large": post("keep", `"${"x".repeat(1_000_001)}"`),
  "a batch of one mutation": post("keep?batch=1", '{"0":1}'),
  "a mutation with connection parameters": post("keep?connectionParams=1", "1"),
  "a target with its host": { path: "http://other.example/trpc/open" },
  "a target with credentials": { path: "http://ann:secret@api.example/trpc/open" },
  "a host with credentials": { ...get("open"), host: "ann:secret@api.example" },
});
