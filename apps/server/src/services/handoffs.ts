/** Where a sign-in comes from: its handoff is good only there. */
export interface SignInRequest {
  readonly client: string;
  /** The request's `Origin`; null where no browser called. */
  readonly origin: string | null;
}

export interface HandoffReply {
  readonly handoff: string;
  /** Seconds. */
  readonly expiresIn: number;
}
