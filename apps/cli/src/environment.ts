import envPaths from "env-paths";

/** What the surroundings decide, read once. Empty values count as absent. */
export interface Environment {
  /** COUNTERSIGN_URL: the server to talk to. */
  readonly url: string | undefined;
  /** COUNTERSIGN_DATA_DIR: where a server on this machine keeps its data, and with it the development CA. */
  readonly dataDir: string | undefined;
  /** Where the person stands: as a script of the workspace, a package manager has changed the folder before. */
  readonly folder: string;
  /** Where settings rest on this platform; XDG_CONFIG_HOME where that is a thing. */
  readonly configDir: string;
  /** NO_COLOR (https://no-color.org) or a terminal that knows none. */
  readonly plain: boolean;
}

/** Reads the environment of this process. */
export function readEnvironment(): Environment {
  const { env } = process;
  return {
    url: env["COUNTERSIGN_URL"] || undefined,
    dataDir: env["COUNTERSIGN_DATA_DIR"] || undefined,
    folder: (env["npm_lifecycle_event"] === "countersign" && env["INIT_CWD"]) || process.cwd(),
    configDir: envPaths("countersign", { suffix: "" }).config,
    plain: Boolean(env["NO_COLOR"]) || env["TERM"] === "dumb",
  };
}

/** Certificates are verified here whatever the environment says of other programs. */
export function insistOnVerification(): void {
  delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
}
