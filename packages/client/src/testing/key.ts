/** Where the clients of a house keep their session, and what must still end. */
export const KEPT = "countersign.cli@auth.test";
export const ENDED = "countersign.ended.cli@auth.test";
