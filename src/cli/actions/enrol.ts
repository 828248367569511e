/** What `assay enrol` does. */

import { plainLine } from '../../agent/events.ts';
import { reactionTo } from '../../agent/reaction.ts';
import type { EnrolOptions } from '../commands/enrol.ts';
import { openAgent, reportable } from '../host-agent.ts';
import { stopSignal } from '../host-process.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { reportError } from '../report-error.ts';

/** @throws UsageError, with the errors of TPM and service among them */
export async function enrol(io: Io, { wait, json, ...options }: EnrolOptions): Promise<ExitCode> {
  const stop = stopSignal();
  const log = (...event: Parameters<typeof plainLine>): void => io.err(plainLine(...event));
  const { agent, installation } = await openAgent(io, options, stop, log);
  try {
    const { host: known, enrolment } = await agent.enrol();
    const host = enrolment !== null && wait ? await agent.approval(stop) : known;
    const state = host === null ? 'pending' : 'enrolled';
    const document = { schema: 'assay.enrolment/1', state, host, enrolment };
    const words =
      host === null ? `pending: an operator decides about enrolment ${enrolment}` : `enrolled as host ${host}`;
    io.out(`${json === true ? JSON.stringify(document) : words}\n`);
    return host === null ? EXIT.notProved : EXIT.yes;
  } catch (error) {
    if (reactionTo(error).does !== 'stop') throw reportable(error);
    reportError(reportable(error), io, json === true);
    return EXIT.no;
  } finally {
    await installation.close();
  }
}
