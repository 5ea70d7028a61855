// The browser snippet: one script without imports, for every page of every customer.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;
const entry = resolve(here, "sdk/src/index.ts");

export default defineConfig({
  root: here,
  publicDir: false,
  plugins: existsSync(entry) ? [] : [{ name: "nothing-yet", resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? "export {};" : null) }],
  build: {
    outDir: resolve(here, "../src/sojourn/capture/built"),
    emptyOutDir: false,
    write: existsSync(entry),
    target: "es2018",
    minify: true,
    modulePreload: false,
    rollupOptions: { input: entry, output: { format: "iife", entryFileNames: "sojourn.js" } },
  },
});
