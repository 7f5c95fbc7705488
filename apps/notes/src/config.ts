import { z } from "zod";

const environment = z.object({
  NOTES_PORT: z.coerce.number().pipe(z.int().min(1).max(65_535)).default(3000),
  NOTES_DATABASE: z.string().default("notes.db"),
  /** How this API is known to the issuer and named in its tokens: its public base URL. */
  NOTES_AUDIENCE: z.url().optional(),
  /** Who signs people in. */
  NOTES_ISSUER: z.url().default("https://localhost:8443"),
  /** What `countersign services create notes --permission feed:read` prints: by this the API learns what was revoked. */
  NOTES_SERVICE_ID: z.string().min(1),
  NOTES_SERVICE_SECRET: z.string().min(1),
});

const { data: read, error } = environment.safeParse(process.env);
if (!read) throw new TypeError(z.prettifyError(error));

export const config = {
  port: read.NOTES_PORT,
  database: read.NOTES_DATABASE,
  audience: read.NOTES_AUDIENCE ?? `http://localhost:${read.NOTES_PORT}`,
  issuer: read.NOTES_ISSUER,
  service: { id: read.NOTES_SERVICE_ID, secret: read.NOTES_SERVICE_SECRET },
};
