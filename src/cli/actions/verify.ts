/** What `assay verify` does. */

import { canonicalJson } from '../../bytes/json.ts';
import { appraise } from '../../chain/appraise.ts';
import { resultStatus, type ResultStatus } from '../../results/status.ts';
import type { VerifyOptions } from '../commands/verify.ts';
import { readEvidence } from '../evidence-input.ts';
import { EXIT, type ExitCode, type Io } from '../io.ts';
import { loadPolicy } from '../load-policy.ts';
import { readChallenge, readPins, readTime } from '../options.ts';
import { renderAppraisal } from '../render/appraisal.ts';

const EXIT_CODES: Readonly<Record<ResultStatus, ExitCode>> = {
  affirming: EXIT.yes,
  contraindicated: EXIT.no,
  warning: EXIT.notProved,
  none: EXIT.notProved,
};

/** @throws UsageError, PolicyError, EvidenceError (a bundle unreadable as a whole) */
export function verify(io: Io, bundle: string | undefined, options: VerifyOptions): ExitCode {
  const challenge = readChallenge(options.nonce, options.selection);
  const at = options.at === undefined ? io.now() : readTime(options.at, '--at');
  const policy = loadPolicy(options.policy, { catalogue: options.catalogue, env: io.env });
  const pins = readPins(options, policy);
  const evidence = readEvidence(bundle, options);
  const appraisal = appraise({ evidence, policy, pins, at, ...(challenge !== undefined && { challenge }) });
  const status = resultStatus(appraisal);
  io.out(options.json === true ? `${canonicalJson(appraisal)}\n` : renderAppraisal(appraisal, status, io.outStyle));
  return EXIT_CODES[status];
}
