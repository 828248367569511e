/** A terminal in memory: what a command printed, and how it ended. */

import { EXIT, type ExitCode, type Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { createStyle } from '../../src/cli/style.ts';

export interface Ended {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly colour?: boolean;
}

/** The time at which commands run here that are given none. */
export const NOW = Date.UTC(2026, 11, 1);

/** Runs `assay` in this process. */
export async function assay(args: readonly string[], options: TerminalOptions = {}): Promise<Ended> {
  const printed = { out: '', err: '' };
  const style = createStyle(options.colour ?? false);
  const io: Io = {
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    outStyle: style,
    errStyle: style,
    env: options.env ?? {},
    now: () => NOW,
    exitCode: EXIT.yes,
  };
  const code = await run(args, io);
  return { code, ...printed };
}

/** The one JSON document a command printed; fails when there is none or more than one. */
export function documentOf({ out }: Ended): Record<string, unknown> {
  if (!out.endsWith('}\n')) throw new Error(`not one JSON document: ${out.slice(-80)}`);
  return JSON.parse(out) as Record<string, unknown>;
}
