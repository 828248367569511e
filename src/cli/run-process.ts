/** Runs the command line as a process. */

import { processIo, type ExitCode, type Io } from './io.ts';

/** @param run never rejects */
export function runProcess(run: (args: readonly string[], io: Io) => Promise<ExitCode>): void {
  // A reader that closes the pipe early (`assay log … | head`) ends the program without a complaint.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  // Not awaited at the top level, so that the program can also be bundled as a classic script.
  const ended = async (): Promise<void> => {
    process.exitCode = await run(process.argv.slice(2), processIo());
  };
  void ended();
}
