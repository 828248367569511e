#!/usr/bin/env node
/** The program `assay` with the commands that run on a host, and nothing of the verifier. */

import { registerAgent } from './commands/agent.ts';
import { registerCollect } from './commands/collect.ts';
import { registerEnrol } from './commands/enrol.ts';
import { runProcess } from './run-process.ts';
import { runProgram } from './run-program.ts';

runProcess((args, io) => runProgram(args, io, [registerCollect, registerEnrol, registerAgent]));
