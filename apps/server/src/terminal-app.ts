/** How the terminal app is called beside this server: by its package where this one was installed, by its script in a clone. */
export const terminalApp = /[\\/]node_modules[\\/]/.test(import.meta.dirname)
  ? "npx @countersign/cli"
  : "npx -y pnpm@12 countersign";
