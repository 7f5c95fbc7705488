/**
 * What differs between a package here and the same package as it is published: `pnpm pack` and `pnpm publish` write the
 * manifest that this returns into the tarball.
 */
function beforePacking({ devDependencies, scripts, ...manifest }) {
  const { dependencies, exports } = manifest;
  // Here every version is pinned; with strangers, whatever is compatible may be shared with what they have.
  if (dependencies) {
    manifest.dependencies = Object.fromEntries(
      Object.entries(dependencies).map(([name, version]) => [name, /^\d/.test(version) ? `^${version}` : version]),
    );
  }
  // Here packages resolve to their sources, which are not published.
  if (exports) {
    manifest.exports = Object.fromEntries(Object.entries(exports).map(([entry, { source, ...rest }]) => [entry, rest]));
  }
  // Where it was published from. Provenance is refused to a package that does not say so.
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  if (GITHUB_REPOSITORY)
    manifest.repository = { type: "git", url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` };
  return manifest;
}

export const hooks = { beforePacking };
