import fc from "fast-check";
import { base64url } from "jose";
import { describe, expect, test } from "vitest";
import { MAX_TOKEN_LENGTH, parseCompact } from "./compact.ts";
import { encode, type Part } from "./testing/forge.ts";

const HEADER = { alg: "EdDSA", typ: "at+jwt", kid: "k" };
const SIGNATURE = "c2lnbmF0dXJl";

const compact = (header: Part, payload: Part = {}) => `${encode(header)}.${encode(payload)}.${SIGNATURE}`;
const refused = (token: string) =>
  expect(() => parseCompact(token)).toThrow(expect.objectContaining({ name: "Refusal", reason: "token_invalid" }));

describe("a compact token is taken apart", () => {
  test("into the objects that were put in", () => {
    const payload = { sub: "ann", nested: { list: [1, { a: "x" }], "": null }, ключ: "значение 🔑" };
    expect(parseCompact(compact(HEADER, payload))).toEqual({ header: HEADER, payload });
  });

  test("whatever the JSON says", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }), (payload) => {
        const token = compact(HEADER, payload);
        fc.pre(token.length <= MAX_TOKEN_LENGTH);
        expect(parseCompact(token).payload).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
    );
  });

  test("and nothing but a refusal ever comes of any text", () => {
    const character = fc.constantFrom(...'aAeyJ019-_.=+/ {}"\u0000é');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: character, maxLength: 80 })), (text) => {
        refused(text);
      }),
    );
  });

  test("a name may stand again in another object, and be a value beside itself", () => {
    const payload = '{"a":{"a":"a"},"b":[{"a":1},{"a":2}],"c":"a","d":["a","a"]}';
    expect(parseCompact(compact(HEADER, payload)).payload["c"]).toBe("a");
  });
});

describe("server case 7: the shape is judged before any parsing", () => {
  const honest = compact(HEADER, { sub: "ann" });
  const [header = "", payload = ""] = honest.split(".");

  test.each([
    ["nothing", ""],
    ["one segment", header],
    ["two segments", `${header}.${payload}`],
    ["no signature, as alg none has it", `${header}.${payload}.`],
    ["no header", `.${payload}.${SIGNATURE}`],
    ["no payload", `${header}..${SIGNATURE}`],
    ["four segments", `${honest}.${SIGNATURE}`],
    ["corpus 14: five segments, as encrypted tokens have them", `${header}.${payload}.${SIGNATURE}.AAAA.AAAA`],
    ["dots alone", ".."],
    ["corpus 15: a header full of dots", `${".".repeat(MAX_TOKEN_LENGTH - 1)}`],
    ["blanks before it", ` ${honest}`],
    ["a line break after it", `${honest}\n`],
    ["a scheme before it", `Bearer ${honest}`],
    ["the flattened JSON serialisation", JSON.stringify({ protected: header, payload, signature: SIGNATURE })],
    [
      "the general JSON serialisation",
      JSON.stringify({ payload, signatures: [{ protected: header, signature: SIGNATURE }] }),
    ],
  ])("%s is refused", (_what, token) => {
    refused(token);
  });

  test("corpus 15: the longest token that is read has 8192 characters", () => {
    const room = MAX_TOKEN_LENGTH - `${header}.${payload}.`.length;
    const signature = "A".repeat(room - (room % 4 === 1 ? 1 : 0));
    const fits = `${header}.${payload}.${signature}`;
    expect(parseCompact(fits).payload).toEqual({ sub: "ann" });
    refused(`${header}.${payload}.${"A".repeat(room + 4 - (room % 4))}`);
    refused(`${honest}${"A".repeat(4_000_000)}`);
  });
});

describe("base64url has one spelling", () => {
  const payload = encode({ sub: "ann!" });
  const header = encode(HEADER);

  test.each([
    ["padding", `${encode('{"a":1}')}==`],
    [
      "the other alphabet",
      encode(new Uint8Array([0xfb, 0xff, 0xfe]))
        .replaceAll("-", "+")
        .replaceAll("_", "/"),
    ],
    ["a blank inside", `${payload.slice(0, 4)} ${payload.slice(4)}`],
    ["a line break inside", `${payload.slice(0, 4)}\n${payload.slice(4)}`],
    ["a letter of no alphabet", `${payload.slice(0, 4)}é${payload.slice(5)}`],
    ["a length that no bytes have", "A"],
    ["a length that no bytes have, later", `${payload.slice(0, 4)}A`],
  ])("%s is refused in each segment", (_what, segment) => {
    refused(`${segment}.${payload}.${SIGNATURE}`);
    refused(`${header}.${segment}.${SIGNATURE}`);
    refused(`${header}.${payload}.${segment}`);
  });

  test("corpus 84: unused bits that are not zero are refused in each segment", () => {
    const twin = (segment: string) => {
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const spelling = segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? "") + 1];
      expect(base64url.decode(spelling), "the twin decodes to the same bytes").toEqual(base64url.decode(segment));
      return spelling;
    };
    const [head, body, signature] = [encode('{"a":1 }'), encode('{"a":12}'), encode(new Uint8Array(64))];
    expect(parseCompact(`${head}.${body}.${signature}`).payload).toEqual({ a: 12 });
    refused(`${twin(head)}.${body}.${signature}`);
    refused(`${head}.${twin(body)}.${signature}`);
    refused(`${head}.${body}.${twin(signature)}`);
  });
});

describe("the text inside is one JSON object in UTF-8", () => {
  const bytes = (...parts: (string | number[])[]) =>
    new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

  test.each<[string, Part]>([
    ["not JSON", "sub=ann"],
    ["empty text in an array", "[]"],
    ["an array", '[{"sub":"ann"}]'],
    ["null", "null"],
    ["a string", '"ann"'],
    ["a number", "1"],
    ["a trailing comma", '{"sub":"ann",}'],
    ["something after the object", '{"sub":"ann"} {}'],
    ["a comment", '{"sub":"ann"/* */}'],
    ["a number that JSON has not", '{"exp":NaN}'],
    ["a byte order mark", bytes([0xef, 0xbb, 0xbf], '{"sub":"ann"}')],
    ["RFC 8725 3.7: a stray continuation byte", bytes('{"sub":"a', [0x80], '"}')],
    ["RFC 8725 3.7: an overlong form", bytes('{"sub":"a', [0xc0, 0xaf], '"}')],
    ["RFC 8725 3.7: a surrogate half", bytes('{"sub":"a', [0xed, 0xa0, 0x80], '"}')],
    ["RFC 8725 3.7: a cut sequence", bytes('{"sub":"a', [0xf0, 0x9f], '"}')],
    ["RFC 8725 3.7: UTF-16", new Uint8Array(new Uint16Array([...'{"a":1}'].map((c) => c.charCodeAt(0))).buffer)],
  ])("%s is refused as header and as payload", (_what, part) => {
    refused(compact(part));
    refused(compact(HEADER, part));
  });

  test.each([
    ["at the top", '{"sub":"ann","sub":"bob"}'],
    ["at the top, far apart", '{"sub":"ann","x":{"y":[1,2,{"z":3}]},"sub":"ann"}'],
    ["written with an escape", '{"sub":"ann","s\\u0075b":"bob"}'],
    ["in an object", '{"cnf":{"jkt":"a","jkt":"b"}}'],
    ["in an object in a list", '{"a":[1,[{"b":1,"c":{},"b":2}]]}'],
    ["after a list", '{"a":[1,2],"b":["a"],"a":3}'],
    ["as the empty name", '{"":1,"":2}'],
    ["as __proto__", '{"__proto__":1,"__proto__":2}'],
    ["with quotes and braces inside", '{"\\"{,":1,"x":"}","\\"{,":2}'],
    ["with blanks around", '{ "a" : 1 ,\n\t"a" : 2 }'],
  ])("a name that stands twice %s is refused as header and as payload", (_where, part) => {
    refused(compact(part));
    refused(compact(HEADER, part));
  });

  test("depth harms nobody", () => {
    const depth = 2500;
    refused(compact(HEADER, "[".repeat(depth) + "]".repeat(depth)));
    const nested = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(Object.keys(parseCompact(compact(HEADER, nested)).payload)).toEqual(["a"]);
  });
});

test("a refusal keeps what went wrong underneath, for the log", () => {
  expect(() => parseCompact(compact("sub=ann"))).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
});
