import type { MasterKey } from "@countersign/tokens";
import type { Mail } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import { NOBODY } from "../caller.ts";
import type { Logger } from "../logger.ts";
import { within } from "../within.ts";
import { openMail } from "./mails.ts";
import type { Letter, MailMessage } from "./message.ts";
import { checkMailOptions, type MailOptions } from "./options.ts";
import type { MailTexts } from "./texts.ts";

/** Sends what is due. */
export interface Outbox {
  deliver(): Promise<void>;
  /** Tells what is being sent to stop. */
  close(): void;
}

export interface OutboxDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly masterKeys: readonly MasterKey[];
  readonly options: MailOptions;
  readonly logger: Logger | undefined;
}

const SECOND_MS = 1000;
/** How long one attempt may take. */
const SEND_MS = 30 * SECOND_MS;
/** How long a mail belongs to the instance that took it: longer than it can be busy with it. */
const LEASE_MS = 2 * SEND_MS;
/** The pause after the first failure; each one after it is twice as long, up to an hour. */
const FIRST_PAUSE_MS = 30 * SECOND_MS;
const LONGEST_PAUSE_MS = 3600 * SECOND_MS;
/** About five hours of attempts. */
const MOST_ATTEMPTS = 12;
/** Whatever held it up: what is a day old surprises more than it helps. */
const OLDEST_MS = 24 * 3600 * SECOND_MS;
const AT_ONCE = 10;

/**
 * At least once: a mail goes when it was handed over, so an instance that dies in between leaves it to be sent again.
 * Two instances never send one at the same time.
 *
 * @throws {TypeError} for options that make no sense
 */
export function createOutbox({ issuer, store, audit, masterKeys, options, logger }: OutboxDeps): Outbox {
  const texts = checkMailOptions(options);
  const closing = new AbortController();

  const send = async (mail: Mail) => {
    const message = worded(mail.id, await openMail(mail, masterKeys), texts, issuer);
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(SEND_MS)]);
    await within(SEND_MS, () => Promise.race([options.send(message, { signal }), stopped(signal)]));
  };

  const attempt = async (mail: Mail) => {
    const now = await store.now();
    if (!(await store.mails.claim(mail, now + LEASE_MS))) return;
    const attempts = mail.attempts + 1;
    if (attempts > MOST_ATTEMPTS || now - mail.createdAt > OLDEST_MS) return await giveUp(mail);
    try {
      await send(mail);
    } catch (error) {
      logger?.error({ mail: mail.id, kind: mail.kind, attempts, ...outlineOf(error) }, "a mail could not be sent");
      if (attempts === MOST_ATTEMPTS) return await giveUp(mail);
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
      await store.mails.putOff(mail.id, (await store.now()) + pause);
      return;
    }
    await store.mails.remove(mail.id);
  };

  const giveUp = async ({ id, kind, subject, attempts }: Mail) => {
    await store.transaction(async (tx) => {
      if (!(await tx.mails.remove(id))) return;
      const detail = { kind, attempts };
      await audit.write(tx, { event: "mail.given_up", at: await tx.now(), by: NOBODY, subject, detail });
    });
  };

  return {
    deliver: async () => {
      let due: readonly Mail[];
      do {
        due = await store.mails.due(await store.now(), AT_ONCE);
        await Promise.all(due.map(attempt));
      } while (due.length === AT_ONCE && !closing.signal.aborted);
    },
    close: () => closing.abort(),
  };
}

function worded(id: string, letter: Letter, texts: MailTexts, issuer: string): MailMessage {
  // The table has one row for each kind, which a union of letters does not say to the compiler.
  const words = texts[letter.kind] as (facts: Letter["facts"], issuer: string) => { subject: string; text: string };
  const { subject, text } = words(letter.facts, issuer);
  // Whatever writes the words, a subject is one line: what follows would be another header.
  return { id, ...letter, subject: subject.replace(/\p{Cc}+/gu, " "), text };
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("told to stop")), { once: true });
  });
}

/** What failed, and nothing of what it says: a sender's errors like to hold the whole mail. */
function outlineOf(error: unknown): { readonly error: string; readonly code?: string } {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  const short = typeof code === "string" && /^[\w.-]{1,64}$/.test(code);
  return { error: error instanceof Error ? error.name : typeof error, ...(short && { code }) };
}
