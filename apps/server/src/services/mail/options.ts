import type { MailMessage } from "./message.ts";
import { type MailTexts, plainTexts } from "./texts.ts";

/** How an installation sends mail. */
export interface MailOptions {
  /**
   * Hands one mail over to whoever delivers it. What it rejects, or what takes longer than 30 s, is tried again later; so
   * it may be called twice with one mail, of the same `id`. It is told to stop by the signal.
   */
  send(message: MailMessage, about: { readonly signal: AbortSignal }): Promise<unknown>;
  /** Words in place of ours. */
  readonly texts?: Partial<MailTexts> | undefined;
}

/** @throws {TypeError} for options that make no sense */
export function checkMailOptions({ send, texts = {} }: MailOptions): MailTexts {
  if (typeof send !== "function") throw new TypeError("mail.send: a function that sends one message");
  for (const [kind, words] of Object.entries(texts)) {
    if (!Object.hasOwn(plainTexts, kind)) throw new TypeError(`mail.texts: "${kind}" is no kind of mail`);
    if (typeof words !== "function") throw new TypeError(`mail.texts.${kind}: a function that gives subject and text`);
  }
  return { ...plainTexts, ...texts };
}
