// The vendors' tracker scripts that the front door serves: ours, each file of trackers/ one script without imports, and PostHog's own as its package has them.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const here = import.meta.dirname;
const out = join(here, "../src/sojourn/capture/built");
const sources = join(here, "trackers");

for (const file of existsSync(sources) ? readdirSync(sources).filter((name) => name.endsWith(".ts")) : []) {
  await build({
    configFile: false,
    logLevel: "warn",
    root: here,
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2020",
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: join(sources, file), output: { format: "iife", entryFileNames: file.replace(/\.ts$/, ".js"), comments: { legal: true } } },
    },
  });
}

copyFileSync(join(here, "node_modules/@plausible-analytics/tracker/LICENSE.md"), join(out, "plausible.LICENSE.txt"));

const posthog = join(here, "node_modules/posthog-js");
mkdirSync(join(out, "posthog"), { recursive: true });
// The loader's script in each of its forms, and what it loads of its own accord where our configuration asks for it.
for (const name of [
  "array", "array.full", "array.full.es5", "array.no-external", "array.full.no-external", "dead-clicks-autocapture", "exception-autocapture",
  "tracing-headers", "web-vitals", "web-vitals-soft-navs", "web-vitals-with-attribution", "web-vitals-with-attribution-soft-navs",
]) {
  copyFileSync(join(posthog, `dist/${name}.js`), join(out, `posthog/${name}.js`));
}
copyFileSync(join(posthog, "LICENSE"), join(out, "posthog/LICENSE.txt"));
writeFileSync(join(out, "posthog/version.txt"), JSON.parse(readFileSync(join(posthog, "package.json"), "utf8")).version);
