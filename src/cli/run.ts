/** The whole command line. */

import { registerAgent } from './commands/agent.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBundle } from './commands/bundle.ts';
import { registerCollect } from './commands/collect.ts';
import { registerDb } from './commands/db.ts';
import { registerDemo } from './commands/demo.ts';
import { registerEkPin } from './commands/ek-pin.ts';
import { registerEnrol } from './commands/enrol.ts';
import { registerEvents } from './commands/events.ts';
import { registerImage } from './commands/image.ts';
import { registerJoinToken } from './commands/join-token.ts';
import { registerLog } from './commands/log.ts';
import { registerPolicy } from './commands/policy.ts';
import { registerServe } from './commands/serve.ts';
import { registerEnrolment, registerHost } from './commands/host.ts';
import { registerToken } from './commands/token.ts';
import { registerTrust } from './commands/trust.ts';
import { registerVerify } from './commands/verify.ts';
import type { ExitCode, Io } from './io.ts';
import { runProgram } from './run-program.ts';

/**
 * Runs `assay` with its arguments, the program's own name left out.
 * @returns the exit code; errors are reported, never thrown
 */
export function run(args: readonly string[], io: Io): Promise<ExitCode> {
  return runProgram(args, io, [
    registerVerify,
    registerBundle,
    registerLog,
    registerImage,
    registerPolicy,
    registerServe,
    registerHost,
    registerEnrolment,
    registerTrust,
    registerJoinToken,
    registerEkPin,
    registerToken,
    registerEvents,
    registerAudit,
    registerDb,
    registerCollect,
    registerEnrol,
    registerAgent,
    registerDemo,
  ]);
}
