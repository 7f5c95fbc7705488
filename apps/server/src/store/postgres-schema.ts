/** Where our tables stand, so that they meet nobody else's in a database that may be an application's. */
export const DEFAULT_SCHEMA = "countersign";

const NAME = /^(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/;

/** Whether it can be the name of a schema, written without quotes, and is none of PostgreSQL's own. */
export function isSchemaName(text: unknown): text is string {
  return typeof text === "string" && NAME.test(text);
}

/** What a role lacks that may not make the schema or its tables. Where both are there already, it needs neither right. */
export function schemaNotOurs(schema: string, cause: unknown): Error {
  const sentence =
    `PostgreSQL: this role may not make the schema "${schema}", or tables in it. ` +
    `Run as one who may: create schema ${schema} authorization <this role>; or name another schema.`;
  return new Error(sentence, { cause });
}
