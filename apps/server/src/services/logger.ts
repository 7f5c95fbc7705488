/** Hears what failed where no caller is left to hear of it, and what calls of `fetch` came to. pino is one. */
export interface Logger {
  error(detail: object, message: string): void;
  warn?(detail: object, message: string): void;
  info?(detail: object, message: string): void;
}
