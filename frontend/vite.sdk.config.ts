// The browser snippet: one script without imports, for every page of every customer.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;
const entry = resolve(here, "sdk/src/index.ts");

// The minifier keeps constants as variables; the snippet has no bytes for that.
const inline = {
  name: "inline-constants",
  enforce: "pre" as const,
  transform(code: string, id: string) {
    if (!id.includes("/sdk/src/")) return null;
    for (const [line, name, value] of code.matchAll(/^const ([A-Z][A-Z_]+) = ([\d_]+|"[^"\n]*");$/gm)) {
      code = code.replace(line, "").replace(new RegExp(`\\b${name}\\b`, "g"), () => value!);
    }
    return { code, map: null };
  },
};

export default defineConfig({
  root: here,
  publicDir: false,
  plugins: existsSync(entry) ? [inline] : [{ name: "nothing-yet", resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? "export {};" : null) }],
  build: {
    outDir: resolve(here, "../src/sojourn/capture/built"),
    emptyOutDir: false,
    write: existsSync(entry),
    target: "es2020",
    minify: true,
    modulePreload: false,
    rollupOptions: { input: entry, output: { format: "iife", entryFileNames: "sojourn.js" } },
  },
});
