import { storeContract } from "./contract.ts";
import { sqliteDatabases } from "./testing/sqlite-databases.ts";

storeContract("SQLite", sqliteDatabases);
