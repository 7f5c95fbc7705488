import { Refusal } from "@countersign/tokens";
import type { z } from "zod";
import type { JsonObject, Metadata } from "../../store/records.ts";
import type { Queries } from "../../store/store.ts";
import { jsonBytes, plainJson } from "../plain-json.ts";

/** The longest that one part of an account's metadata may be as JSON, in bytes of UTF-8. */
export const MAX_METADATA_BYTES = 8 * 1024;

const parts = ["public", "private"] as const;

/** What an installation keeps of each account. Each schema reads an empty object: that is what an account begins with. */
export interface MetadataSchemas {
  /** For its owner to read; written by the installation and its administrators. */
  readonly public?: z.ZodType<object> | undefined;
  /** For the installation and its administrators; its owner never sees it. */
  readonly private?: z.ZodType<object> | undefined;
}

/** The metadata of an account, as the schemas read it. */
export interface MetadataOf<M extends MetadataSchemas> {
  readonly public: PartOf<M["public"]>;
  readonly private: PartOf<M["private"]>;
}

/** What takes its place: a part that is given is replaced whole, the other stays. */
export interface MetadataChange<M extends MetadataSchemas = MetadataSchemas> {
  readonly public?: PartInput<M["public"]> | undefined;
  readonly private?: PartInput<M["private"]> | undefined;
  /** Something that the account's claims say was taken away: all the tokens that it has now become too old. */
  readonly narrowed?: boolean | undefined;
}

type PartOf<S> = S extends z.ZodType<infer Output> ? Readonly<Output> : Readonly<Record<string, never>>;
type PartInput<S> = S extends z.ZodType ? z.input<S> : never;

/** Reads and judges metadata by its schemas. */
export interface MetadataRules {
  /** What a new account has. */
  initial(): Metadata;
  /** What an account has. @throws {Refusal} `internal` where what was kept no longer fits its schema */
  read(queries: Pick<Queries, "metadata">, account: string): Promise<Metadata>;
  /** The parts of a change as they will be kept. @throws {Refusal} `bad_request`, `too_large` */
  check(change: Pick<MetadataChange, "public" | "private">): Partial<Metadata>;
}

/** @throws {TypeError} for what is no schema, or one that an account without data would not fit */
export function createMetadata(schemas: MetadataSchemas = {}): MetadataRules {
  for (const part of parts) assertSchema(part, schemas[part]);

  const parse = (part: keyof Metadata, value: unknown): JsonObject => {
    const schema = schemas[part];
    if (!schema) throw new Error(`createIssuer has no metadata.${part}`);
    return plainJson(schema.parse(value));
  };
  const read = (part: keyof Metadata, kept: JsonObject): JsonObject => {
    if (!schemas[part]) return {};
    try {
      return parse(part, kept);
    } catch (cause) {
      throw new Refusal("internal", { detail: `what is kept as metadata.${part} does not fit its schema`, cause });
    }
  };
  const check = (part: keyof Metadata, value: unknown): JsonObject => {
    const checked = refusing(() => parse(part, plainJson(value)));
    // What is kept is read by the same schema: one that changes what it reads must be able to read it again.
    refusing(() => parse(part, checked));
    if (jsonBytes(checked) > MAX_METADATA_BYTES) {
      throw new Refusal("too_large", { detail: `metadata.${part}: more than ${MAX_METADATA_BYTES} bytes` });
    }
    return checked;
  };

  return {
    initial: () => ({ public: read("public", {}), private: read("private", {}) }),
    read: async (queries, account) => {
      const kept = await queries.metadata.read(account);
      return { public: read("public", kept?.public ?? {}), private: read("private", kept?.private ?? {}) };
    },
    check: (change) => ({
      ...(change.public !== undefined && { public: check("public", change.public) }),
      ...(change.private !== undefined && { private: check("private", change.private) }),
    }),
  };
}

function assertSchema(part: keyof Metadata, schema: z.ZodType<object> | undefined): void {
  if (schema === undefined) return;
  if (typeof schema.safeParse !== "function") throw new TypeError(`metadata.${part}: a zod schema`);
  if (schema.safeParse({}).success) return;
  throw new TypeError(`metadata.${part}: an account begins with {}, so every member needs a default or to be optional`);
}

function refusing(judge: () => JsonObject): JsonObject {
  try {
    return judge();
  } catch (cause) {
    throw new Refusal("bad_request", { detail: "metadata that does not fit", cause });
  }
}
