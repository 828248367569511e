import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/repository.ts';
import { run } from '../tools/programs.ts';

/** Sources that the lint must refuse, each for the one named rule. */
const REFUSED: readonly (readonly [path: string, rule: string, source: string])[] = [
  [
    'src/service/spawn.ts',
    'no-restricted-imports',
    `import { spawn } from 'node:child_process';\nexport const s = spawn;`,
  ],
  ['src/tpm/spawn.ts', 'no-restricted-imports', `import { spawn } from 'node:child_process';\nexport const s = spawn;`],
  ['test/lab/spawn.ts', 'no-restricted-imports', `import { exec } from 'node:child_process';\nexport const s = exec;`],
  ['test/e2e/spawn.ts', 'no-restricted-imports', `export const s = await import('node:child_process');`],
  ['src/tpm/fs.ts', 'no-restricted-imports', `import { readFileSync } from 'node:fs';\nexport const s = readFileSync;`],
  ['src/chain/net.ts', 'no-restricted-imports', `import { connect } from 'node:net';\nexport const s = connect;`],
  ['src/logs/ima/http.ts', 'no-restricted-imports', `import { get } from 'node:http';\nexport const s = get;`],
  [
    'src/facts/fsp.ts',
    'no-restricted-imports',
    `import { readFile } from 'node:fs/promises';\nexport const s = readFile;`,
  ],
  [
    'src/x509/random.ts',
    'no-restricted-imports',
    `import { randomBytes } from 'node:crypto';\nexport const s = randomBytes;`,
  ],
  [
    'src/bytes/random.ts',
    'no-restricted-properties',
    `import * as crypto from 'node:crypto';\nexport const s = crypto.randomBytes(1);`,
  ],
  ['src/results/math.ts', 'no-restricted-properties', `export const s = Math.random();`],
  ['test/logs/math.ts', 'no-restricted-properties', `export const s = Math.random();`],
  ['src/cli/math.ts', 'no-restricted-properties', `export const s = Math.random();`],
  ['src/policy/now.ts', 'no-restricted-properties', `export const s = Date.now();`],
  ['src/results/now.ts', 'no-restricted-properties', `export const s = Date.now();`],
  ['src/checks/date.ts', 'clock', `export const s = new Date();`],
  ['src/images/date.ts', 'clock', `export const s = new Date();`],
  ['src/images/date-call.ts', 'clock', `export const s = Date();`],
  ['src/evidence/env.ts', 'no-restricted-globals', `export const s = process.env['X'];`],
  ['src/evidence/timer.ts', 'no-restricted-globals', `setTimeout(() => undefined, 1);`],
  ['src/evidence/watch.ts', 'no-restricted-globals', `export const s = performance.now();`],
  ['src/api/floating.ts', 'no-floating-promises', `async function f(): Promise<void> {}\nf();`],
  ['src/api/any.ts', 'no-explicit-any', `export const s = (x: any): unknown => x;`],
  ['src/api/default.ts', 'no-default-export', `export default 1;`],
  ['src/api/equals.ts', 'eqeqeq', `export const s = (x: unknown): boolean => x == 1;`],
  ['src/api/cycle-a.ts', 'no-cycle', `import { b } from './cycle-b.ts';\nexport const a = (): unknown => b();`],
  ['src/api/cycle-b.ts', 'no-cycle', `import { a } from './cycle-a.ts';\nexport const b = (): unknown => a();`],
  ['src/api/ignore.ts', 'ban-ts-comment', `// @ts-ignore\nexport const s: number = '';`],
  ['src/api/throw.ts', 'only-throw-error', `export function f(x: { a: 1 }): never {\n  throw x;\n}`],
  [
    'test/api/only.test.ts',
    'no-focused-tests',
    `import { expect, it } from 'vitest';\nit.only('x', () => expect(1).toBe(1));`,
  ],
  [
    'test/api/skip.test.ts',
    'no-disabled-tests',
    `import { expect, it } from 'vitest';\nit.skip('x', () => expect(1).toBe(1));`,
  ],
  ['test/api/empty.test.ts', 'expect-expect', `import { it } from 'vitest';\nit('x', () => undefined);`],
];

/** Sources that it must let pass. */
const ALLOWED: readonly (readonly [path: string, source: string])[] = [
  ['test/tools/programs.ts', `import { spawn } from 'node:child_process';\nexport const s = spawn;`],
  ['src/tpm/hash.ts', `import { createHash } from 'node:crypto';\nexport const s = createHash;`],
  ['src/results/date.ts', `export const s = (at: number): string => new Date(at).toISOString();`],
  ['src/cli/now.ts', `export const s = [Date.now(), new Date()];`],
  ['src/service/now.ts', `export const s = [Date.now(), new Date()];`],
  ['vitest.config.ts', `export default {};`],
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

let folder: string;
let diagnostics: readonly Diagnostic[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-lint-'));
  for (const path of ['.oxlintrc.json', '.gitignore', '.ci/lint', 'tsconfig.json', 'package.json']) {
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, source] of [...REFUSED.map(([path, , source]) => [path, source] as const), ...ALLOWED]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${source}\n`);
  }
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  const result = await run('node', [oxlint, '--type-aware', '--deny-warnings', '-f', 'json'], {
    cwd: folder,
    accept: [1],
  });
  diagnostics = (JSON.parse(result.stdout.toString()) as { diagnostics: Diagnostic[] }).diagnostics;
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const codesOf = (path: string): string[] =>
  diagnostics.filter((one) => one.filename === path).map((one) => one.code.replace(/^.*\(|\)$/g, ''));

describe('the lint refuses', () => {
  it.each(REFUSED)('%s: %s', (path, rule) => {
    expect(codesOf(path)).toContain(rule);
  });
});

describe('the lint lets pass', () => {
  it.each(ALLOWED)('%s', (path) => {
    expect(codesOf(path)).toEqual([]);
  });
});
