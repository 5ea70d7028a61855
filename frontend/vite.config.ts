// The look and behaviour of the pages: one style sheet, one module, and what loads only when it is needed.
import { resolve } from "node:path";
import { defineConfig } from "vite";
import { icons } from "./ui/icons.ts";

const here = import.meta.dirname;
const templates = resolve(here, "../src/sojourn");

export default defineConfig({
  root: resolve(here, "ui"),
  base: "./",
  publicDir: false,
  plugins: [icons(templates, resolve(here, "node_modules/@tabler/icons/icons/outline"))],
  build: {
    outDir: resolve(here, "../src/sojourn/ui/static/ui/built"),
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: resolve(here, "ui/src/main.ts"),
      output: {
        entryFileNames: "ui.js",
        chunkFileNames: "chunks/[name]-[hash].js",
        assetFileNames: (asset) => (asset.names.some((name) => name.endsWith(".css")) ? "ui.css" : "assets/[name]-[hash][extname]"),
      },
    },
  },
});
