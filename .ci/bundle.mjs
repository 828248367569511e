/**
 * Bundles the command line into dist/bin: one start file, and a file per command that is read only when it runs. Most of
 * what `assay verify` costs at its start is resolving and reading modules one by one.
 */
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const OUT = 'dist/bin';

rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: { assay: 'src/cli/main.ts' },
  outdir: OUT,
  bundle: true,
  splitting: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  legalComments: 'eof',
  // Native code cannot be bundled; the web server and its logger are read by `assay serve` alone.
  external: ['koffi', 'express', 'helmet', 'pino'],
  // CommonJS packages inside an ES module still call `require` for what Node itself has.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
});
