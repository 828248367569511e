/** What `assay agent` does. */

import type { Agent } from '../../agent/agent.ts';
import { jsonLine } from '../../agent/events.ts';
import { reactionTo } from '../../agent/reaction.ts';
import type { AgentCommandOptions } from '../commands/agent.ts';
import { openAgent, reportable } from '../host-agent.ts';
import { stopSignal } from '../host-process.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { reportError } from '../report-error.ts';

/** @throws UsageError, with the errors of TPM and service among them */
export async function agent(io: Io, { once, ...options }: AgentCommandOptions): Promise<ExitCode> {
  const stop = stopSignal();
  const { agent, installation } = await openAgent(io, options, stop, (...event) => io.err(jsonLine(...event)));
  if (once !== true) return (await agent.run(stop)) === null ? EXIT.yes : EXIT.no;
  try {
    return await attestOnce(agent, io);
  } finally {
    await installation.close();
  }
}

const EXITS = { trusted: EXIT.yes, untrusted: EXIT.no, unproven: EXIT.notProved } as const;

async function attestOnce(agent: Agent, io: Io): Promise<ExitCode> {
  try {
    return EXITS[(await agent.attest()).response.verdict];
  } catch (error) {
    const { does } = reactionTo(error);
    if (does !== 'stop' && does !== 'wait') throw reportable(error);
    reportError(reportable(error), io, false);
    return does === 'stop' ? EXIT.no : EXIT.notProved;
  }
}
