#!/usr/bin/env node
/** The program `assay`. */

import { run } from './run.ts';
import { runProcess } from './run-process.ts';

runProcess(run);
