#!/usr/bin/env node
/** The program `assay`. */

import { processIo } from './io.ts';
import { run } from './run.ts';

// A reader that closes the pipe early (`assay log … | head`) ends the program without a complaint.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await run(process.argv.slice(2), processIo());
