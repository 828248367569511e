/**
 * Bundles the command line into dist/bin: one classic script, V8's compiled form of it, and a start file that puts the two
 * together. Most of what a short command costs is resolving, reading and compiling its modules one by one. The commands that
 * run on a host are a script of their own, which has nothing of the verifier in it: small in memory, and little to trust.
 */
import Module, { createRequire } from 'node:module';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const OUT = resolve('dist/bin');
const PROGRAM = join(OUT, 'program.cjs');
const HOST = join(OUT, 'host.cjs');

const START = `#!/usr/bin/env node
/** Starts the program from V8's compiled form of it. V8 refuses a form made by another version of itself and compiles anew. */
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';

const onHost = ['agent', 'collect', 'enrol'].includes(process.argv[2]);
const file = fileURLToPath(new URL(onHost ? 'host.cjs' : 'program.cjs', import.meta.url));
const compiled = \`\${file}.compiled\`;
const script = new Script(Module.wrap(readFileSync(file, 'utf8')), {
  filename: file,
  ...(existsSync(compiled) && { cachedData: readFileSync(compiled) }),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
`;

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
// Native code cannot be bundled; the web server, its logger and the databases are read by the commands that need them alone.
const EXTERNAL = ['koffi', 'express', 'helmet', 'pino', 'kysely', 'pg', '@photostructure/sqlite'];
await bundle('src/cli/main.ts', PROGRAM, EXTERNAL);
await bundle('src/cli/agent-main.ts', HOST, ['koffi']);
writeFileSync(join(OUT, 'assay.js'), START);
chmodSync(join(OUT, 'assay.js'), 0o755);
writeFileSync(`${PROGRAM}.compiled`, await compiled());

async function bundle(entry, outfile, external) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    external,
    define: { 'import.meta.url': '__programUrl' },
    banner: { js: "const __programUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  writeFileSync(outfile, readFileSync(outfile, 'utf8').replace(/^#!.*\n/, ''));
}

/** V8's form of the program with the functions that one verification of a captured host needed. */
async function compiled() {
  const script = new Script(Module.wrap(readFileSync(PROGRAM, 'utf8')), { filename: PROGRAM });
  const { argv, stdout } = process;
  const write = stdout.write.bind(stdout);
  const host = 'fixtures/uki/baseline';
  process.argv = [argv[0], PROGRAM, 'verify', `${host}/bundle.json`, '--policy', 'policies/kvm-uki.yaml'];
  stdout.write = () => true;
  try {
    const module = { exports: {} };
    script.runInThisContext()(module.exports, createRequire(PROGRAM), module, PROGRAM, OUT);
    // The program ends in its own time; the exit code of this one verification is no result of the build.
    while (process.exitCode === undefined) await new Promise((done) => setImmediate(done));
  } finally {
    stdout.write = write;
    process.argv = argv;
    process.exitCode = undefined;
  }
  return script.createCachedData();
}
