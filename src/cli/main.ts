#!/usr/bin/env node
/** The program `assay`. */

import { processIo } from './io.ts';
import { run } from './run.ts';

// A reader that closes the pipe early (`assay log … | head`) ends the program without a complaint.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// Not awaited at the top level, so that the program can also be bundled as a classic script. `run` never rejects.
const ended = async (): Promise<void> => {
  process.exitCode = await run(process.argv.slice(2), processIo());
};
void ended();
