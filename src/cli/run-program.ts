/** Builds a command line and runs one call of it. */

import { Command } from 'commander';
import { EXIT, type ExitCode, type Io } from './io.ts';
import { packageVersion } from './package-root.ts';
import { reportError } from './report-error.ts';

/** Adds a command to the program. */
export type Register = (program: Command, io: Io) => void;

/**
 * Runs `assay` with its arguments, the program's own name left out.
 * @param commands those it has
 * @returns the exit code; errors are reported, never thrown
 */
export async function runProgram(args: readonly string[], io: Io, commands: readonly Register[]): Promise<ExitCode> {
  try {
    await createProgram(io, commands).parseAsync([...args], { from: 'user' });
    return io.exitCode;
  } catch (error) {
    if (isInformation(error)) return EXIT.yes;
    return reportError(error, io, wantsJson(args));
  }
}

function createProgram(io: Io, commands: readonly Register[]): Command {
  const program = new Command('assay')
    .description('Says which links of a Linux+KVM host’s trust chain hold, from its TPM quote and event logs.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      // Errors are reported in one place, with code and remedy.
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 yes, 1 no, 2 not proved, 3 usage, input or internal error. With --json, standard output is one JSON document.',
    );
  for (const register of commands) register(program, io);
  return program;
}

/** Help and version that were asked for; help shown for want of a command is an error. */
function isInformation(error: unknown): boolean {
  const { code, exitCode } = error as { readonly code?: unknown; readonly exitCode?: unknown };
  return typeof code === 'string' && code.startsWith('commander.') && exitCode === 0;
}

/** Known before parsing, because parsing itself may fail. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
