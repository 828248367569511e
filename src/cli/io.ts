/** The edge between a command and the process it runs in. */

import { createStyle, type Style } from './style.ts';

/** Exit codes, the same for every command. */
export const EXIT = { yes: 0, no: 1, notProved: 2, error: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command may touch. */
export interface Io {
  /** standard output: the answer */
  out(text: string): void;
  /** standard error: problems and progress */
  err(text: string): void;
  readonly outStyle: Style;
  readonly errStyle: Style;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** epoch milliseconds */
  now(): number;
  /** set by the command; what the process ends with */
  exitCode: ExitCode;
}

/** The process itself. Colours only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function processIo(): Io {
  const colours = (stream: NodeJS.WriteStream): boolean => stream.isTTY && !process.env['NO_COLOR'];
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outStyle: createStyle(colours(process.stdout)),
    errStyle: createStyle(colours(process.stderr)),
    env: process.env,
    now: () => Date.now(),
    exitCode: EXIT.yes,
  };
}
