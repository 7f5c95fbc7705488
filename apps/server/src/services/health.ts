/** Whether this instance can serve. */
export interface Health {
  /** @throws {Refusal} `unavailable` without a database, `revocation_unknown` where its facts are too old to judge by */
  ready(): Promise<void>;
}
