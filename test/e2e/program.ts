/** The built program, as a user starts it. `npm run build` makes it; `npm test` does so first. */

import { existsSync } from 'node:fs';
import { run, start, type Daemon, type RunResult } from '../tools/programs.ts';

const PROGRAM = 'dist/bin/assay.js';

if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there; run npm run build`);

/** Runs `assay` to its end; every exit code is the caller's to judge. */
export function assay(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: Uint8Array | string = '',
): Promise<RunResult> {
  return run('node', [PROGRAM, ...args], { accept: [0, 1, 2, 3], env, input });
}

/** Starts `assay` and leaves it running; its output goes to `log`. */
export function startAssay(args: readonly string[], log: string, env: Readonly<Record<string, string>> = {}): Daemon {
  return start('node', [PROGRAM, ...args], { log, env });
}
