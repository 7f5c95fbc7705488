import type { Migration } from "kysely/migration";
import { beginning } from "./0001-beginning.ts";
import { roleDeclarations } from "./0002-role-declarations.ts";
import { metadataAndMails } from "./0003-metadata-and-mails.ts";
import { auditChain } from "./0004-audit-chain.ts";
import { services } from "./0005-services.ts";
import { feed } from "./0006-feed.ts";
import { keyAlgorithm } from "./0007-key-algorithm.ts";
import { procedures } from "./0008-procedures.ts";
import { roleNarrowings } from "./0009-role-narrowings.ts";
import { usedProofs } from "./0010-used-proofs.ts";
import { instances } from "./0011-instances.ts";
import { boundTokens } from "./0012-bound-tokens.ts";
import { provedAddresses } from "./0013-proved-addresses.ts";

/** Every migration by its name, in the order of the names. One that was released is never changed. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-beginning": beginning,
  "0002-role-declarations": roleDeclarations,
  "0003-metadata-and-mails": metadataAndMails,
  "0004-audit-chain": auditChain,
  "0005-services": services,
  "0006-feed": feed,
  "0007-key-algorithm": keyAlgorithm,
  "0008-procedures": procedures,
  "0009-role-narrowings": roleNarrowings,
  "0010-used-proofs": usedProofs,
  "0011-instances": instances,
  "0012-bound-tokens": boundTokens,
  "0013-proved-addresses": provedAddresses,
};
